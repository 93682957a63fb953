import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileSystem } from "../../src/runtime/files/file-system.ts";
import { begunCheckpoint, codeOf, committedIn, directory, openLog, runBatches } from "../support/checkpoint-lives.ts";
import { HeldFileSystem } from "../support/held-file-system.ts";
import { seededRandom } from "../support/seeded-random.ts";

const seed = Number(process.env.DSTREAM_SEED ?? Date.now() % 1_000_000);
const numPairs = 1_000;
/** Of three batches, with the start. */
const numSteps = 130;

/** A point at which something is waited for, and which tells that it was reached. */
class Stop {
  readonly #reached = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  readonly reached: Promise<void> = this.#reached.promise;

  hold(): Promise<void> {
    this.#reached.resolve();
    return this.#released.promise;
  }

  release(): void {
    this.#released.resolve();
  }
}

test(`two drivers that stand still in turn, each at a step of its own: nothing is lost, nothing counts twice (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const codes = new Map<string, number>();
  for (let pair = 0; pair < numPairs; pair++) {
    const steps = [1 + random(numSteps), 1 + random(numSteps)] as const;
    const where = `steps ${steps.join(" and ")}`;
    const fs = await begunCheckpoint();
    const committed: number[] = [];
    const run = async (own: FileSystem): Promise<void> => {
      const log = await openLog(own);
      for (let batch = 0; batch < 3; batch++) {
        await runBatches(own, log, 1);
        committed.push(log.state.committed as number);
      }
    };
    const stops = steps.map(() => new Stop());
    const start = (i: 0 | 1): Promise<string> => {
      const view = new HeldFileSystem(fs, (step) => (step === steps[i] ? stops[i]?.hold() : undefined));
      return codeOf(run(view));
    };
    const reached = (i: 0 | 1, code: Promise<string>) => Promise.race([stops[i]?.reached, code]);
    const first = start(0);
    await reached(0, first);
    await fs.remove(`${directory}/lock`);
    const second = start(1);
    await reached(1, second);
    stops[0]?.release();
    const firstCode = await first;
    stops[1]?.release();
    const outcome = `${firstCode}, then ${await second}`;
    codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
    assert.match(outcome, /^(went on|CHECKPOINT_LOCKED), then (went on|CHECKPOINT_LOCKED)$/, where);
    assert.equal(new Set(committed).size, committed.length, `${where}: ${committed}`);
    const last = await committedIn(fs, where);
    assert.ok(last >= Math.max(3, ...committed), `${where}: ${committed}, and then ${last}`);
    await fs.remove(`${directory}/lock`);
    const third = await openLog(fs);
    await runBatches(fs, third, 2);
    assert.equal(await committedIn(fs, where), last + 2, where);
    await third.close();
  }
  console.log(Array.from(codes, ([outcome, count]) => `${outcome}: ${count}`).join("; "));
  assert.ok((codes.get("CHECKPOINT_LOCKED, then went on") ?? 0) > numPairs / 4);
});
