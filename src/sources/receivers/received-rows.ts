import type { Block } from "../../codec/block.ts";
import { RowPacker } from "../../codec/row-packer.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import { roughBytes } from "./rough-bytes.ts";

export interface ReceivedRowsOptions {
  readonly clock: Clock;
  /** Rows that come within this time are one partition. */
  readonly blockIntervalMs: number;
  /** Rows that a batch may have; undefined: as many as there are. */
  readonly rowsPerBatch: () => number | undefined;
  /** Called when rows are refused, and again only when there has been room meanwhile. */
  readonly refused: (error: DStreamError) => void;
  readonly limits?: ReceiverLimits;
}

/** Bytes of rows that no committed batch has, also of those that are planned. */
export interface ReceiverLimits {
  /** From which on a receiver is asked to wait. */
  readonly fullBytes: number;
  /** From which on rows of a receiver that does not wait are refused. */
  readonly maxBytes: number;
}

/** Rows of one partition of the next batch. */
interface Partition {
  readonly since: number;
  readonly packer: RowPacker;
  readonly blocks: Block[];
  numRows: number;
  /** Of its rows that are in no block yet, about. */
  unpackedBytes: number;
  /** Of all its rows. */
  bytes: number;
  readonly committed: PromiseWithResolvers<void>;
}

/** What a batch takes. */
export interface TakenRows {
  readonly partitions: readonly (readonly Block[])[];
  readonly numRows: number;
  /** Tells those who stored the rows that the batch is committed. */
  readonly committed: () => void;
}

const mebibyte = 1024 * 1024;
const defaultLimits: ReceiverLimits = { fullBytes: 64 * mebibyte, maxBytes: 256 * mebibyte };
/** Rows that are not packed take more than these bytes. */
const maxUnpackedBytes = mebibyte;

/**
 * Rows that a receiver stored and no committed batch has: those that wait for a batch, and, since they are in memory as well, those of
 * batches that are planned or run.
 */
export class ReceivedRows {
  readonly #options: ReceivedRowsOptions;
  readonly #limits: ReceiverLimits;
  #waiting: Partition[] = [];
  /** The partition that rows are added to. */
  #open: Partition | undefined;
  readonly #uncommitted = new Set<PromiseWithResolvers<void>>();
  /** Rows that wait, and bytes of all that are not committed. */
  #numRows = 0;
  #bytes = 0;
  #isRefusing = false;
  #room: PromiseWithResolvers<void> | undefined;
  #failure: unknown;
  #closed: DStreamError | undefined;

  constructor(options: ReceivedRowsOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
  }

  get numRows(): number {
    return this.#numRows;
  }

  get isFull(): boolean {
    return this.#closed === undefined && (this.#bytes >= this.#limits.fullBytes || this.#numRows >= this.#rowsPerBatch);
  }

  /** Resolves when there is room for more rows, or none will be taken any more. */
  async ready(): Promise<void> {
    while (this.isFull) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  /** `together`: in a partition of their own. The promise may be left alone; it rejects with RECEIVER_FULL, and ILLEGAL_STATE when closed. */
  add(rows: readonly unknown[], together: boolean): Promise<void> {
    if (this.#closed !== undefined) return handled(Promise.reject(this.#closed));
    if (this.#bytes >= this.#limits.maxBytes) return handled(Promise.reject(this.#refuse()));
    if (together) this.#open = undefined;
    try {
      for (const row of rows) this.#addRow(row, together);
    } catch (error) {
      this.#failure ??= error;
    }
    const last = this.#waiting.at(-1);
    if (together) this.#open = undefined;
    return last?.committed.promise ?? Promise.resolve();
  }

  /**
   * The rows of the next batch: what waits, in whole partitions as far as the limit lets them.
   *
   * @throws VALUE_NOT_ENCODABLE when a row that was stored cannot leave the driver.
   */
  take({ all }: { readonly all: boolean }): TakenRows {
    this.#open = undefined;
    for (const { packer } of this.#waiting) this.#guard(() => packer.flush());
    if (this.#failure !== undefined) throw this.#failure;
    const limit = all ? Number.POSITIVE_INFINITY : this.#rowsPerBatch;
    const taken: Partition[] = [];
    let numRows = 0;
    for (const partition of this.#waiting) {
      if (taken.length > 0 && numRows + partition.numRows > limit) break;
      taken.push(partition);
      numRows += partition.numRows;
    }
    this.#waiting = this.#waiting.slice(taken.length);
    this.#numRows -= numRows;
    this.#makeRoom();
    return { partitions: taken.map(({ blocks }) => blocks), numRows, committed: () => this.#settle(taken) };
  }

  /** Takes no more rows in. With an error, nobody will commit those that wait: their promises reject. */
  close(error: DStreamError, { forgets }: { readonly forgets: boolean }): void {
    this.#closed ??= error;
    this.#makeRoom();
    if (!forgets) return;
    for (const { reject } of this.#uncommitted) reject(error);
    this.#uncommitted.clear();
  }

  get #rowsPerBatch(): number {
    return this.#options.rowsPerBatch() ?? Number.POSITIVE_INFINITY;
  }

  #addRow(row: unknown, together: boolean): void {
    const { clock, blockIntervalMs } = this.#options;
    const open = this.#open;
    const isOver =
      open === undefined ||
      (!together && (clock.now() - open.since >= blockIntervalMs || open.numRows >= this.#rowsPerBatch));
    const partition = isOver ? this.#openPartition(clock.now()) : open;
    partition.numRows++;
    this.#numRows++;
    this.#count(partition, roughBytes(row));
    partition.packer.add(row);
    if (partition.unpackedBytes > maxUnpackedBytes) partition.packer.flush();
  }

  /** `bytes`: of a row that is not packed yet. */
  #count(partition: Partition, bytes: number): void {
    partition.unpackedBytes += bytes;
    partition.bytes += bytes;
    this.#bytes += bytes;
  }

  #openPartition(since: number): Partition {
    const blocks: Block[] = [];
    const packer = new RowPacker((block) => {
      blocks.push(block);
      const more = block.length - partition.unpackedBytes;
      partition.unpackedBytes = 0;
      partition.bytes += more;
      this.#bytes += more;
    });
    const committed = Promise.withResolvers<void>();
    void handled(committed.promise);
    this.#uncommitted.add(committed);
    const partition: Partition = { since, packer, blocks, numRows: 0, unpackedBytes: 0, bytes: 0, committed };
    this.#waiting.push(partition);
    this.#open = partition;
    return partition;
  }

  #guard(f: () => void): void {
    try {
      f();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #settle(taken: readonly Partition[]): void {
    for (const { committed, bytes } of taken) {
      committed.resolve();
      this.#uncommitted.delete(committed);
      this.#bytes -= bytes;
    }
    this.#makeRoom();
  }

  #refuse(): DStreamError {
    const { maxBytes } = this.#limits;
    const [seen, limit] = [this.#bytes, maxBytes].map((bytes) => Math.round(bytes / mebibyte));
    const text = `${seen} MiB of rows wait for batches to be committed, of at most ${limit}: these were not taken. Wait for ready() while isFull, or have the sender send again`;
    const error = new DStreamError("RECEIVER_FULL", text, { data: { bytes: this.#bytes, limit: maxBytes } });
    if (!this.#isRefusing) this.#options.refused(error);
    this.#isRefusing = true;
    return error;
  }

  #makeRoom(): void {
    if (this.isFull) return;
    this.#isRefusing = false;
    this.#room?.resolve();
    this.#room = undefined;
  }
}

/** A promise that nobody has to watch. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
