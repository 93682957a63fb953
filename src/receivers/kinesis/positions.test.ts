import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as immediate } from "node:timers/promises";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { encodeRecords } from "../../driver/checkpoint/journal-text.ts";
import { Positions } from "./positions.ts";

const fileIn = (t: TestContext): string => join(temporaryDirectory(t), "positions/orders.json");
const open = (file: string): Positions => Positions.open(file, "orders", (error) => assert.fail(String(error)));

test("positions are found again; ended shards that are no longer listed are forgotten", async (t) => {
  const file = fileIn(t);
  const positions = open(file);
  assert.deepEqual([positions.isNew, positions.get("a")], [true, undefined]);
  positions.set("a", { after: "17" });
  positions.set("b", "ended");
  positions.set("c", "ended");
  positions.forgetEnded(new Set(["b"]));
  await immediate();
  assert.deepEqual(readdirSync(dirname(file)), ["orders.json"]);
  const again = open(file);
  const found = ["a", "b", "c"].map((id) => again.get(id));
  assert.deepEqual([again.isNew, ...found], [false, { after: "17" }, "ended", undefined]);
});

test("a file of a newer format or of another stream is refused, and left as it is", (t) => {
  const file = fileIn(t);
  mkdirSync(dirname(file));
  for (const [content, code] of [
    [{ format: 2, streamName: "orders", shards: {} }, "CHECKPOINT_TOO_NEW"],
    [{ format: 1, streamName: "clicks", shards: {} }, "CHECKPOINT_OTHER_JOB"],
  ] as const) {
    const text = encodeRecords([content]);
    writeFileSync(file, text);
    assert.throws(() => open(file), { code });
    assert.deepEqual(readFileSync(file), text);
  }
});

test("a file that is damaged at any byte, or cut off at any, is refused: another sequence number would leave records out", (t) => {
  const file = fileIn(t);
  const positions = open(file);
  positions.set("a", { after: "49590338271490256608559692538361571095921575989136588898" });
  positions.write();
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at++) {
    const flipped = Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 1 : byte));
    for (const damaged of [flipped, whole.subarray(0, at)]) {
      writeFileSync(file, damaged);
      assert.throws(() => open(file), { code: "CHECKPOINT_CORRUPT" }, `byte ${at}`);
    }
  }
});

test("a place that cannot be written is FILE_UNAVAILABLE, told at once or, behind a commit, to the receiver", async (t) => {
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, "file"), "");
  const failures: unknown[] = [];
  assert.throws(() => open(join(folder, "file/orders.json")), { code: "FILE_UNAVAILABLE" });
  const positions = Positions.open(join(folder, "orders.json"), "orders", (error) => failures.push(error));
  mkdirSync(join(folder, "orders.json/in-the-way"), { recursive: true });
  assert.throws(() => positions.write(), { code: "FILE_UNAVAILABLE" });
  positions.set("a", "ended");
  await immediate();
  assert.deepEqual(
    failures.map((error) => (error as { code: string }).code),
    ["FILE_UNAVAILABLE"],
  );
});
