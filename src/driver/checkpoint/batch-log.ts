import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkpointUnavailable } from "../../errors/unavailable.ts";
import { unusableRange } from "../../sources/kafka/planning/saved-ranges.ts";
import type { LeftPosition, SavedInputs } from "../../sources/source-driver.ts";
import { bytesOf, type Manifest } from "../../state/manifest.ts";
import {
  afterStep,
  type CheckpointState,
  type PreparedBatch,
  type SavedPartitions,
  type StepRecord,
} from "./checkpoint-state.ts";
import type { Journal, JournalMachine } from "./journal.ts";
import type { Lock } from "./lock.ts";

/** A journal is begun anew when it has so many bytes and is that much longer than its first record. */
const rewrite = { bytes: 1 << 20, times: 4 };

/** Where the steps of batches are kept: a checkpoint's folder, which this driver has locked. */
export interface LogStorage {
  readonly directory: string;
  readonly machine: JournalMachine;
  readonly lock: Lock;
  readonly journal: Journal;
}

/**
 * What batches have done so far, step by step; with a checkpoint each step is durable before the next begins:
 *
 * 1. `planned`: what the batch reads. From now on it is this batch, however often it is run.
 * 2. `prepared`: what its accepted attempts wrote. It does not count yet.
 * 3. `committed`: it does. This is the only point at which the state of the job changes.
 *
 * Without a checkpoint the same steps are taken in memory.
 */
export class BatchLog {
  #state: CheckpointState;
  #committedManifest: Manifest;
  readonly #storage: LogStorage | undefined;
  #journal: Journal | undefined;
  #rewriteAt: number;
  #waiting: StepRecord[] = [];

  constructor(state: CheckpointState, storage?: LogStorage) {
    this.#state = state;
    this.#committedManifest = state.manifest;
    this.#storage = storage;
    this.#journal = storage?.journal;
    this.#rewriteAt = limitOf(storage?.journal);
  }

  get state(): CheckpointState {
    return this.#state;
  }

  /** The state behind the last batch that is known to count: unlike `state.manifest` not before its commit is durable. */
  get committedManifest(): Manifest {
    return this.#committedManifest;
  }

  /** Bytes of the journal, and of the files that its state names; undefined without a checkpoint. */
  get checkpointBytes(): number | undefined {
    return this.#journal && this.#journal.length + bytesOf(this.#state.manifest);
  }

  /** @throws CHECKPOINT_UNAVAILABLE; CHECKPOINT_LOCKED when another driver has taken over, which then knows nothing of this plan. */
  async planned(time: number, sources: SavedInputs, zeroTime: number, partitions?: SavedPartitions): Promise<void> {
    const unusable = unusableRange(sources);
    if (unusable !== undefined) throw new Error(`batch ${time} has ${unusable}, which is no range of offsets`);
    this.#step({ type: "planned", time, sources, zeroTime, ...(partitions && { partitions }) });
    await this.#flush();
    await this.check();
  }

  /**
   * The files themselves are durable already, their names are from here on. The record becomes durable with the commit; where a
   * transaction decides the commit it must be found then, so it is durable now.
   *
   * @throws CHECKPOINT_UNAVAILABLE; CHECKPOINT_LOCKED when another driver has taken over, which may begin a transaction, too.
   */
  async prepared(batch: PreparedBatch): Promise<void> {
    if (this.#storage !== undefined && batch.files.length > 0) await syncStateDirectory(this.#storage);
    this.#step({ type: "prepared", ...batch });
    if (batch.transaction === undefined) return;
    await this.#flush();
    await this.check();
  }

  /** @throws CHECKPOINT_UNAVAILABLE; CHECKPOINT_LOCKED when another driver has taken over, which then knows nothing of this batch's end. */
  async committed(time: number): Promise<void> {
    this.#step({ type: "committed", time });
    await this.#flush();
    await this.check();
    this.#committedManifest = this.#state.manifest;
    await this.#rewrite();
  }

  /** For what must not be done twice, or beside another driver. @throws CHECKPOINT_LOCKED when one has taken over, CHECKPOINT_UNAVAILABLE */
  async check(): Promise<void> {
    await this.#storage?.lock.check();
  }

  /** What ended the job: that another driver has taken over, where files are not as they should be for that reason, else the error. */
  async explain(error: unknown): Promise<unknown> {
    return this.#storage === undefined ? error : this.#storage.lock.explain(error);
  }

  /**
   * The same state in other files, durable already.
   *
   * @throws CHECKPOINT_UNAVAILABLE; CHECKPOINT_LOCKED when another driver has taken over while they were written, which takes long.
   */
  async replaceManifest(manifest: Manifest): Promise<void> {
    if (this.#storage !== undefined) await syncStateDirectory(this.#storage);
    await this.check();
    this.#state = { ...this.#state, manifest };
    this.#committedManifest = manifest;
    await this.#beginAnew();
  }

  /**
   * Positions that no stream of the program goes on with.
   *
   * @throws CHECKPOINT_UNAVAILABLE; CHECKPOINT_LOCKED when another driver has taken over.
   */
  async leave(left: readonly LeftPosition[]): Promise<void> {
    if (isDeepStrictEqual(left, this.#state.left ?? [])) return;
    await this.check();
    this.#state = { ...this.#state, left };
    await this.#beginAnew();
  }

  async close(): Promise<void> {
    try {
      await this.#journal?.close();
    } finally {
      await this.#storage?.lock.release();
    }
  }

  #step(record: StepRecord): void {
    this.#state = afterStep(this.#state, record);
    this.#waiting.push(record);
  }

  async #flush(): Promise<void> {
    const records = this.#waiting;
    this.#waiting = [];
    await this.#journal?.append(records);
  }

  async #rewrite(): Promise<void> {
    if ((this.#journal?.length ?? 0) >= this.#rewriteAt) await this.#beginAnew();
  }

  async #beginAnew(): Promise<void> {
    const { directory, machine } = this.#storage ?? {};
    const before = this.#journal;
    if (directory === undefined || machine === undefined || before === undefined) return;
    this.#journal = await before.again(directory, machine, { type: "checkpoint", state: this.#state });
    this.#rewriteAt = limitOf(this.#journal);
  }
}

function limitOf(journal: Journal | undefined): number {
  return Math.max(rewrite.bytes, (journal?.length ?? 0) * rewrite.times);
}

async function syncStateDirectory({ directory, machine }: LogStorage): Promise<void> {
  const path = join(directory, "state");
  await machine.files.syncDirectory(path).catch((error: unknown) => {
    throw checkpointUnavailable(`the folder ${path} cannot be made durable`, error);
  });
}
