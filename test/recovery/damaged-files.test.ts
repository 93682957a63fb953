import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { StateStoreKind } from "../../src/state/open-state-store.ts";
import { type Answer, type FileKind, KeptCheckpoint } from "../support/kept-checkpoint.ts";
import { seededRandom } from "../support/seeded-random.ts";

// Whatever becomes of the bytes of a checkpoint, it says what was so after a batch, or is refused with a code: never anything else.
// Flipped bits are a sample, another one in each run; DSTREAM_SEED repeats it.

const seed = Number(process.env.DSTREAM_SEED ?? Date.now() % 1_000_000);
const numFlips = 10_000;
const cutBytes = 4_096;
/** The journal does not depend on where state is. */
const kinds = {
  memory: ["journal", "snapshot", "delta"],
  disk: ["snapshot", "delta"],
} as const satisfies Record<StateStoreKind, readonly FileKind[]>;
const stateStores = ["memory", "disk"] as const;

const checkpoints = new Map<StateStoreKind, KeptCheckpoint>();
before(async () => {
  for (const stateStore of stateStores) checkpoints.set(stateStore, await KeptCheckpoint.make(stateStore));
});

for (const stateStore of stateStores) {
  const checkpoint = (): KeptCheckpoint => checkpoints.get(stateStore) as KeptCheckpoint;

  test(`${stateStore}: an undamaged checkpoint says what was so after its last batch`, async () => {
    assert.equal(await checkpoint().answer(), "last");
  });

  for (const kind of kinds[stateStore]) {
    test(`${stateStore}: ${numFlips} flipped bits of a ${kind} (seed ${seed})`, async (t) => {
      const kept = checkpoint();
      const random = seededRandom(seed);
      const paths = await kept.paths(kind);
      const answers = new Map<Answer, number>();
      for (let flip = 0; flip < numFlips; flip++) {
        const bytes = kept.fs.bytesOf(paths[random(paths.length)] as string);
        const [at, bit] = [random(bytes.length), 1 << random(8)];
        const before = bytes[at] as number;
        bytes[at] = before ^ bit;
        const answer = await kept.answer();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        bytes[at] = before;
      }
      t.diagnostic(Array.from(answers, ([answer, count]) => `${answer}: ${count}`).join(", "));
      checkRefusals(answers.keys());
      assert.ok((answers.get("CHECKPOINT_CORRUPT") ?? 0) > numFlips / 2);
    });

    test(`${stateStore}: a ${kind} cut at each byte of its last ${cutBytes}`, async () => {
      const kept = checkpoint();
      const answers = new Set<Answer>();
      const path = (await kept.paths(kind)).at(-1) as string;
      const bytes = kept.fs.bytesOf(path);
      for (let length = Math.max(0, bytes.length - cutBytes); length < bytes.length; length++) {
        kept.fs.put(path, bytes.subarray(0, length));
        answers.add(await kept.answer());
      }
      kept.fs.put(path, bytes);
      checkRefusals(answers);
    });
  }
}

function checkRefusals(answers: Iterable<Answer>): void {
  const allowed: readonly Answer[] = ["last", "earlier", "CHECKPOINT_CORRUPT", "CHECKPOINT_TOO_NEW"];
  assert.deepEqual(
    [...answers].filter((answer) => !allowed.includes(answer)),
    [],
  );
}
