import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { messageFields } from "./message-fields.ts";

test("fields come in order, with varints as numbers and what has a length as bytes", () => {
  const writer = new BinaryWriter();
  for (const value of [0, 127, 128, 300, 2 ** 32 - 1]) writer.tag(1, 0).uint32(value);
  writer.tag(2, 0).uint64(2n ** 53n - 1n);
  writer.tag(3, 2).string("é").tag(4, 2).bytes(new Uint8Array());
  writer.tag(5, 1).fixed64(7n).tag(6, 5).fixed32(7);
  writer.tag(2 ** 29 - 1, 0).uint32(1);
  assert.deepEqual(
    [...messageFields(writer.finish())],
    [
      ...[0, 127, 128, 300, 2 ** 32 - 1].map((value) => ({ number: 1, value })),
      { number: 2, value: Number.MAX_SAFE_INTEGER },
      { number: 3, value: Uint8Array.of(0xc3, 0xa9) },
      { number: 4, value: new Uint8Array() },
      { number: 5, value: undefined },
      { number: 6, value: undefined },
      { number: 2 ** 29 - 1, value: 1 },
    ],
  );
});

for (const [what, hex, message] of [
  ["a tag that is cut off", "80", "a number is cut off"],
  ["a varint that is cut off", "08ff", "a number is cut off"],
  ["a varint of more than ten bytes", `08${"ff".repeat(10)}01`, "a number is too long"],
  ["bytes that are cut off", "0a0361", "a value is cut off"],
  ["a fixed width that is cut off", "0900", "a value is cut off"],
  ["a field without a number", "0001", "a field has the number 0"],
  ["a group", "0b0c", "a field has the wire type 3"],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => [...messageFields(Buffer.from(hex, "hex"))], new RangeError(message));
  });
}
