import type { Block } from "../../codec/block.ts";
import { RowPacker } from "../../codec/row-packer.ts";
import type { DStreamError } from "../../errors/dstream-error.ts";
import type { Clock } from "../../runtime/clock.ts";

export interface ReceivedRowsOptions {
  readonly clock: Clock;
  /** Rows that come within this time are one partition. */
  readonly blockIntervalMs: number;
  /** Rows that a batch may have; undefined: as many as there are. */
  readonly rowsPerBatch: () => number | undefined;
}

/** Rows of one partition of the next batch. */
interface Partition {
  readonly since: number;
  readonly packer: RowPacker;
  readonly blocks: Block[];
  numRows: number;
  readonly committed: PromiseWithResolvers<void>;
}

/** What a batch takes. */
export interface TakenRows {
  readonly partitions: readonly (readonly Block[])[];
  readonly numRows: number;
  /** Tells those who stored the rows that the batch is committed. */
  readonly committed: () => void;
}

/** Bytes that may wait for a batch before a receiver is asked to wait. */
const maxWaitingBytes = 64 * 1024 * 1024;

/** Rows that a receiver stored and no batch has yet, and the promises of those that no committed batch has. */
export class ReceivedRows {
  readonly #options: ReceivedRowsOptions;
  #waiting: Partition[] = [];
  /** The partition that rows are added to. */
  #open: Partition | undefined;
  readonly #uncommitted = new Set<PromiseWithResolvers<void>>();
  #bytes = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #failure: unknown;
  #closed: DStreamError | undefined;

  constructor(options: ReceivedRowsOptions) {
    this.#options = options;
  }

  get numRows(): number {
    return this.#waiting.reduce((sum, { numRows }) => sum + numRows, 0);
  }

  get isFull(): boolean {
    return this.#closed === undefined && (this.#bytes >= maxWaitingBytes || this.numRows >= this.#rowsPerBatch);
  }

  /** Resolves when there is room for more rows, or none will be taken any more. */
  async ready(): Promise<void> {
    while (this.isFull) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  /** `together`: in a partition of their own. The promise may be left alone. */
  add(rows: readonly unknown[], together: boolean): Promise<void> {
    if (this.#closed !== undefined) return handled(Promise.reject(this.#closed));
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
    this.#bytes = sizeOf(this.#waiting.flatMap(({ blocks }) => blocks));
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
    partition.packer.add(row);
  }

  #openPartition(since: number): Partition {
    const blocks: Block[] = [];
    const packer = new RowPacker((block) => {
      blocks.push(block);
      this.#bytes += block.length;
    });
    const committed = Promise.withResolvers<void>();
    void handled(committed.promise);
    this.#uncommitted.add(committed);
    const partition = { since, packer, blocks, numRows: 0, committed };
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
    for (const { committed } of taken) {
      committed.resolve();
      this.#uncommitted.delete(committed);
    }
  }

  #makeRoom(): void {
    if (this.isFull) return;
    this.#room?.resolve();
    this.#room = undefined;
  }
}

function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.length, 0);
}

/** A promise that nobody has to watch. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
