import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecords, encodeRecords } from "./journal-text.ts";

const appends = [
  [{ type: "checkpoint", text: "the first" }],
  [{ type: "planned", time: 1 }],
  [
    { type: "prepared", time: 1, files: ["a", "b"] },
    { type: "committed", time: 1 },
  ],
];
const texts = appends.map((records, i) => encodeRecords(records, i));
const whole = Buffer.concat(texts);
const before = appends.slice(0, -1).flat();
const lastAt = whole.length - (texts.at(-1)?.length ?? 0);

/** Everything that can become of the bytes from `from` to `until` when the power goes. */
function* torn(from: number, until: number): Generator<[string, Buffer]> {
  const [head, tail] = [whole.subarray(0, from), whole.subarray(until)];
  yield ["zeroed", Buffer.concat([head, Buffer.alloc(until - from), tail])];
  yield ["gone", Buffer.concat([head, tail])];
  yield ["other", Buffer.concat([head, Buffer.alloc(until - from, "\n"), tail])];
}

test("the last append counts as a whole or not at all, whatever part of it is lost", () => {
  assert.deepEqual(decodeRecords(whole, "journal"), appends.flat());
  for (let from = lastAt; from < whole.length; from++) {
    for (const length of [1, 2, 7, 32, 64, whole.length]) {
      for (const [what, bytes] of torn(from, Math.min(whole.length, from + length))) {
        const isWhole = bytes.equals(whole);
        const expected = isWhole ? appends.flat() : before;
        assert.deepEqual(decodeRecords(bytes, "journal"), expected, `${what}: ${length} bytes from ${from}`);
      }
    }
  }
});

test("damage before a later append is refused, with its line and what to do", () => {
  for (let from = 0; from < lastAt; from++) {
    for (const [what, bytes] of torn(from, from + 1)) {
      if (bytes.equals(whole)) continue;
      assert.throws(
        () => decodeRecords(bytes, "journal"),
        {
          code: "CHECKPOINT_CORRUPT",
          message: /line \d of journal is damaged or missing.* restore the folder from a copy/,
        },
        `${what}: byte ${from}`,
      );
    }
  }
  const without = Buffer.concat([texts[0] as Buffer, texts[2] as Buffer]);
  assert.throws(() => decodeRecords(without, "journal"), {
    code: "CHECKPOINT_CORRUPT",
    message: /append 2, which was/,
  });
});

test("lines of earlier versions have no numbers: each is an append, the last may be torn", () => {
  const lines = appends.flat().map((record) => encodeRecords([record]));
  const old = Buffer.concat(lines);
  assert.deepEqual(decodeRecords(old, "journal"), appends.flat());
  assert.deepEqual(decodeRecords(old.subarray(0, -5), "journal"), appends.flat().slice(0, -1));
  old[lines[0]?.length ?? 0] = 0;
  assert.throws(() => decodeRecords(old, "journal"), { code: "CHECKPOINT_CORRUPT", message: /line 2 of journal/ });
});
