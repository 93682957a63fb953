import assert from "node:assert/strict";
import { test } from "node:test";
import { call, handshake, long, text } from "../../../test/support/flume/avro-bytes.ts";
import { seededRandom } from "../../../test/support/seeded-random.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { eventsOf, KnownProtocols, SinkRequests } from "./sink-request.ts";

const event = (body: string): number[] => [...long(1), ...text("host"), ...text("a"), 0, ...text(body)];
const batch = call("appendBatch", [...long(2), ...event("one"), ...event("two"), 0]);
const limit = 10_000;

/** The bodies of a connection's only request. */
function bodiesOf(bytes: Buffer, known = new KnownProtocols()): string[] | "no events" {
  const request = new SinkRequests(known).read(bytes);
  if (!("message" in request)) return "no events";
  return eventsOf(request, limit).events.map(({ body }) => Buffer.from(body).toString());
}

test("a protocol that was told is known by its hash on the next connection, and an unknown one is asked for", () => {
  const known = new KnownProtocols();
  const told = handshake();
  const hash = told.slice(0, 16);
  const short = Buffer.from([...hash, 0, ...hash, 0, ...batch]);
  assert.equal(bodiesOf(short, known), "no events");
  assert.deepEqual(bodiesOf(Buffer.from([...told, ...batch]), known), ["one", "two"]);
  assert.deepEqual(bodiesOf(short, known), ["one", "two"]);
});

test("elements may come in blocks that say their size", () => {
  const [one, two] = [event("one"), event("two")];
  const blocks = [...long(-1), ...long(one.length), ...one, ...long(-1), ...long(two.length), ...two, 0];
  assert.deepEqual(bodiesOf(Buffer.from([...handshake(), ...call("appendBatch", blocks)])), ["one", "two"]);
});

test("whatever bytes come, there are events or a refusal", () => {
  const random = seededRandom(7);
  const whole = Buffer.from([...handshake(), ...batch]);
  const seen = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.from(whole.subarray(0, random(10) === 0 ? random(whole.length) : whole.length));
    // Most of the bytes are the protocol's text, and what matters comes around it.
    const places = 1 + random(3);
    for (let n = 0; n < places && bytes.length > 0; n++) {
      const at = random(2) === 0 ? random(bytes.length) : bytes.length - 1 - random(Math.min(bytes.length, 60));
      bytes[at] = random(256);
    }
    try {
      seen.add(typeof bodiesOf(bytes) === "string" ? "no events" : "events");
    } catch (error) {
      assert.ok(error instanceof DStreamError, `seed 7, round ${i}: ${error}`);
      seen.add(error.code);
    }
  }
  assert.deepEqual([...seen].sort(), ["SENDER_REFUSED", "events", "no events"]);
});
