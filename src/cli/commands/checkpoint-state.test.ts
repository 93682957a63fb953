import assert from "node:assert/strict";
import { cpSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runCommand } from "../../../test/support/run-command.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { StreamingContext } from "../../streaming/context/streaming-context.ts";
import { ManualClock } from "../../testing/manual-clock.ts";

const state = (...args: string[]) => runCommand(["checkpoint", "state", ...args]);
const formats = ["format-1", "format-2-memory", "format-2-disk"];

function kept(t: TestContext, format: string): string {
  const directory = temporaryDirectory(t);
  cpSync(join("test/checkpoints", format), directory, { recursive: true });
  return directory;
}

/** A job whose state is one for each of 20 keys: how many batches were committed. */
async function counting(checkpointDir: string, stateStore: "memory" | "disk") {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "counting", batchInterval: 1_000, clock, checkpointDir, stateStore });
  const words = Array.from({ length: 20 }, (_, i) => `key ${i}`);
  const pairs = ssc.queueStream(Array.from({ length: 60 }, () => words)).map((word) => [word, 1] as const);
  pairs.updateStateByKey<number>((ones, total = 0) => total + ones.length, { name: "totals" }).foreachRDD(() => {});
  pairs
    .window(2_000)
    .name("panes")
    .foreachRDD(() => {});
  await ssc.start();
  return { ssc, next: () => clock.advance(1_000) };
}

for (const format of formats) {
  test(`${format}: the operators of a checkpoint are shown with entries, bytes and skew, and with bytes by bucket as JSON`, async (t) => {
    const directory = kept(t, format);
    const { output } = await state(directory);
    assert.match(
      output,
      /^operator {2}entries {2}files {2}bytes {2}buckets {2}skew\nobjects +26 +\d+ +\d+ +64 +\d+\.\d\nsums +27 +\d+ +\d+ +64 +\d+\.\d\n$/,
    );
    const sizes = JSON.parse((await state(directory, "--json")).output) as Record<string, unknown>[];
    for (const { bytesByBucket, skew, bytes } of sizes) {
      const sections = bytesByBucket as number[];
      const sum = sections.reduce((a, b) => a + b, 0);
      assert.ok(sections.length === 64 && sum > 0 && sum < (bytes as number));
      assert.equal(skew, Math.max(...sections) / (sum / 64));
    }
  });

  test(`${format}: entries are lines of JSON, a key is found by what is shown of it, and one without state is told`, async (t) => {
    const directory = kept(t, format);
    const few = await state(directory, "sums");
    assert.equal(few.output.trimEnd().split("\n").length, 20);
    assert.match(few.errors, /^20 entries, (of 27|there are more); --limit N shows others\n$/);
    const all = await state(directory, "sums", "--limit", "27");
    assert.equal(all.errors, "");
    const lines = all.output.trimEnd().split("\n");
    assert.equal(new Set(lines).size, 27);
    for (const line of lines) {
      const entry = JSON.parse(line) as { key: unknown; state: unknown };
      const one = await state(directory, "sums", JSON.stringify(entry.key));
      assert.deepEqual([one.code, JSON.parse(one.output)], [0, entry.state]);
    }
    const object = JSON.parse((await state(directory, "objects", "19")).output) as Record<string, unknown>;
    assert.deepEqual(Object.keys(object), ["count", "last", "text", "seen"]);
    assert.deepEqual([object.count, object.seen], [2, [[19, "19"]]]);
    const none = await state(directory, "sums", '"nobody"');
    assert.deepEqual(none, { code: 1, output: "", errors: 'sums has no state for the key "nobody"\n' });
  });
}

test("what is wrong with a question about state is said", async (t) => {
  const directory = kept(t, "format-2-memory");
  const said = async (args: string[], code: number, errors: RegExp) => {
    const outcome = await state(...args);
    assert.deepEqual([outcome.code, outcome.output], [code, ""]);
    assert.match(outcome.errors, errors);
  };
  await said(
    [directory, "sums", "home"],
    2,
    /KEY must be JSON, and home is not; a text has quotes of its own: '"home"'/,
  );
  await said(
    [directory, "sum"],
    1,
    /^no operator named "sum" .*: there is "objects", "sums"; did you mean "sums"\?\n$/,
  );
  await said([directory, "sums", "--limit", "0"], 2, /--limit must be an integer of at least 1/);
  await said([directory, "sums", "1", "--limit", "2"], 2, /--limit is for the entries of an operator/);
  await said(
    [temporaryDirectory(t), "sums"],
    1,
    /^the folder .* has no checkpoint; give the one that the job has as checkpointDir, .*\n$/,
  );
  await said([directory, "sums", "1", "2"], 2, /unexpected argument 2/);
  for (const name of readdirSync(join(directory, "state"))) truncateSync(join(directory, "state", name), 50);
  for (const args of [[], ["sums"], ["sums", "1"]]) {
    await said([directory, ...args], 1, /\[CHECKPOINT_CORRUPT\] state file .* of \w+ does not have its \d+ bytes/);
  }
  const inspected = await runCommand(["checkpoint", "inspect", directory, "sums"]);
  assert.match(inspected.errors, /unexpected argument sums/);
});

for (const stateStore of ["memory", "disk"] as const) {
  test(`${stateStore}: a checkpoint whose job runs is read as its last committed batch left it, whole`, async (t) => {
    const directory = temporaryDirectory(t);
    const { ssc, next } = await counting(directory, stateStore);
    t.after(() => ssc.stop());
    await next();
    let isOver = false;
    const asking = (async () => {
      const seen: number[] = [];
      while (!isOver) {
        const { output, errors, code } = await state(directory, "totals");
        assert.deepEqual([code, errors], [0, ""]);
        const counts = new Set(
          output
            .trimEnd()
            .split("\n")
            .map((line) => (JSON.parse(line) as { state: number }).state),
        );
        assert.equal(counts.size, 1);
        seen.push(...counts);
      }
      return seen;
    })();
    for (let batch = 2; batch <= 40; batch++) await next();
    isOver = true;
    const seen = await asking;
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    const panes = await state(directory, "panes");
    assert.match(panes.errors, /"panes" has state that can be asked for: there is "totals"/);
    assert.match((await state(directory)).output, /^panes +\d+ +\d+ +\d+ +65536$/m);
    await ssc.stop();
    assert.equal((await state(directory, "totals", '"key 3"')).output, "40\n");
  });
}
