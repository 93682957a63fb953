import assert from "node:assert/strict";
import { basename } from "node:path";
import { StateSpec, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import type { CheckpointState } from "../../src/driver/checkpoint/checkpoint-state.ts";
import { readCheckpoint } from "../../src/driver/checkpoint/open-checkpoint.ts";
import { DStreamError } from "../../src/errors/dstream-error.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { DirectoryFiles } from "../../src/state/files/directory-files.ts";
import { filesOf, sliceOf } from "../../src/state/manifest.ts";
import { MemoryStore } from "../../src/state/memory/memory-store.ts";
import type { StateStoreKind } from "../../src/state/open-state-store.ts";
import { DiskStore } from "../../src/state/sorted/disk-store.ts";
import { canonicalText } from "../../src/testing/canonical-text.ts";
import { machineWith } from "./machine-with.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";

const directory = "/checkpoint";
const numBatches = 50;

/** The files of a checkpoint by what they are. */
const durableFiles = {
  journal: /\/journal\.\d+$/,
  snapshot: /\.snapshot$/,
  delta: /\.delta$/,
} as const;

export type FileKind = keyof typeof durableFiles;

/** What a checkpoint says: the state of the last batch, or that of one before it, or a refusal with a code. */
/** */
export type Answer = "last" | "earlier" | DStreamError["code"];

/** The checkpoint of a job with state of all kinds, in memory, to be damaged, and what it held after each batch. */
export class KeptCheckpoint {
  readonly fs = new MemoryFileSystem();
  readonly #stateStore: StateStoreKind;
  readonly #states = new Map<number, string>();

  private constructor(stateStore: StateStoreKind) {
    this.#stateStore = stateStore;
  }

  static async make(stateStore: StateStoreKind): Promise<KeptCheckpoint> {
    const kept = new KeptCheckpoint(stateStore);
    await kept.#run();
    assert.equal(kept.#states.size, numBatches);
    return kept;
  }

  /** The files of a kind that the checkpoint needs. */
  async paths(kind: FileKind): Promise<string[]> {
    const { manifest = [] } = (await readCheckpoint(directory, this.fs)) ?? {};
    const names = new Set(["journal.1", ...filesOf(manifest).keys()]);
    return this.fs.paths.filter((path) => durableFiles[kind].test(path) && names.has(basename(path)));
  }

  /** Fails when what the files say was never so. */
  async answer(): Promise<Answer> {
    try {
      const state = await readCheckpoint(directory, this.fs);
      const time = state?.committed ?? 0;
      if (state !== undefined) assert.equal(await this.#contents(state), this.#states.get(time), `batch ${time}`);
      return time === numBatches * 1_000 ? "last" : "earlier";
    } catch (error) {
      if (error instanceof DStreamError) return error.code;
      throw error;
    }
  }

  async #run(): Promise<void> {
    const clock = new ManualClock();
    const ssc = new StreamingContext({
      appName: "kept",
      batchInterval: 1_000,
      clock,
      checkpointDir: directory,
      stateStore: this.#stateStore,
      [runtimeKey]: { files: this.fs },
    });
    const words = Array.from({ length: numBatches }, (_, i) => [`word ${i % 7}`, `word ${i % 11}`]);
    const pairs = ssc.queueStream(words).map((word) => [word, 1] as const);
    pairs
      .updateStateByKey((ones, total = 0) => total + ones.length || undefined, { partitioner: 2, name: "totals" })
      .foreachRDD(() => {});
    const mapping = StateSpec.function<string, number, { total: number }, never>((_word, one = 0, state) => {
      if (state.isTimingOut()) return undefined;
      state.update({ total: (state.getOption()?.total ?? 0) + one });
      return undefined;
    });
    pairs.mapWithState(mapping.timeout(8_000).name("mapped")).foreachRDD(() => {});
    pairs
      .window(3_000)
      .name("window")
      .foreachRDD(() => {});
    await ssc.start();
    for (let batch = 1; batch <= numBatches; batch++) {
      await clock.advance(1_000);
      const state = await readCheckpoint(directory, this.fs);
      assert.equal(state?.committed, batch * 1_000);
      this.#states.set(batch * 1_000, await this.#contents(state));
    }
    await ssc.stop();
  }

  /** Everything, as it iterates; that it is found by key, too, is checked. */
  async #contents({ manifest, committed: time = 0 }: CheckpointState): Promise<string> {
    const files = new DirectoryFiles(`${directory}/state`, machineWith(this.fs));
    const store = this.#stateStore === "disk" ? new DiskStore(files) : new MemoryStore(files);
    const texts: string[] = [];
    for (const { operator, buckets } of manifest) {
      const state = await store.open(sliceOf(manifest, operator, buckets, 0, buckets), time);
      const entries = new Map<unknown, string>();
      for await (const some of state.entries()) {
        for (const { key, stored } of some) entries.set(key, canonicalText([operator, key, stored]));
      }
      // Panes are read, never looked for.
      const keys = operator === "window" ? [] : [...entries.keys()];
      const found = await state.find(keys);
      for (const key of keys) assert.equal(canonicalText([operator, key, found.get(key)?.stored]), entries.get(key));
      texts.push(...[...entries.values()].sort());
    }
    return texts.join("\n");
  }
}
