import assert from "node:assert/strict";
import { test } from "node:test";
import { flumeProtocol } from "../../../test/support/flume/sink-client.ts";
import { appendMessagesOf, sourceProtocol } from "./source-protocol.ts";

const changed = (change: (protocol: any) => void): string => {
  const protocol = structuredClone(flumeProtocol);
  change(protocol);
  return JSON.stringify(protocol);
};

test("a sink's protocol may differ from ours in what changes no byte", () => {
  const both = ["append", "appendBatch"];
  assert.deepEqual([...appendMessagesOf(sourceProtocol.text)], both);
  assert.deepEqual([...appendMessagesOf(JSON.stringify(flumeProtocol))], both);
  const javaText = changed(({ types, messages }) => {
    types[1].fields[0].type.values = { type: "string", "avro.java.string": "String" };
    messages.appendBatch.request[0].type.items = "org.apache.flume.source.avro.AvroFlumeEvent";
    messages.appendBatch.doc = "many";
    messages.extra = { request: [], response: "null" };
  });
  assert.deepEqual([...appendMessagesOf(javaText)], both);
  assert.deepEqual([...appendMessagesOf(changed(({ messages }) => delete messages.append))], ["appendBatch"]);
});

for (const [what, change] of [
  ["headers of bytes", ({ types }) => (types[1].fields[0].type.values = "bytes")],
  ["the body first", ({ types }) => types[1].fields.reverse()],
  ["another name for the body", ({ types }) => (types[1].fields[1].name = "data")],
  ["a body that may be null", ({ types }) => (types[1].fields[1].type = ["null", "bytes"])],
  ["one more argument", ({ messages }) => messages.append.request.push({ name: "n", type: "int" })],
  [
    "a map of events",
    ({ messages }) => (messages.appendBatch.request[0].type = { type: "map", values: "AvroFlumeEvent" }),
  ],
  ["events without a type", ({ types }) => types.pop()],
  ["no messages", (protocol) => (protocol.messages = {})],
] as const satisfies readonly (readonly [string, (protocol: any) => unknown])[]) {
  test(`a protocol with ${what} is refused`, () => {
    assert.throws(() => appendMessagesOf(changed(change)), { code: "SENDER_REFUSED" });
  });
}
