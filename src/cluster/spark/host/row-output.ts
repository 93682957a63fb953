import type { BatchBuilder } from "../arrow/write/batch-builder.ts";
import { placementKeys } from "../versions/placement-keys.ts";
import type { Destination } from "../wire/transfer-row.ts";
import type { OutputStream, SparkTask } from "../worker/function-host.ts";

/** Rows and bytes of one Arrow batch on its way to Spark. */
const rowsMax = 4_096;
const bytesMax = 4 * 1024 * 1024;

/** The rows that leave a task, each with the partition that it goes to next. */
export class RowOutput {
  readonly #output: OutputStream;
  readonly #rows: BatchBuilder;
  readonly #nextStage: number;
  readonly #nextTasks: number;
  readonly #carrier: number;
  /** What stands for each of the next tasks; undefined where its number does. */
  readonly #keys: Int32Array | undefined;

  constructor(
    output: OutputStream,
    { partitionId, dialect }: Pick<SparkTask, "partitionId" | "dialect">,
    nextStage: number,
    nextTasks: number,
  ) {
    this.#output = output;
    this.#rows = output.open([
      { name: "p", type: "int32" },
      { name: "row", type: "binary" },
    ]);
    this.#nextStage = nextStage;
    this.#nextTasks = nextTasks;
    this.#carrier = nextTasks === 0 ? 0 : partitionId % nextTasks;
    this.#keys = dialect.placement === "hash" ? placementKeys(nextTasks) : undefined;
  }

  /** Rows for the next stage go to their task; what is for a later one is carried by one of the next stage's tasks. */
  async add({ stage, task }: Destination, row: Uint8Array): Promise<void> {
    const isNext = stage === this.#nextStage && this.#nextTasks > 0;
    const next = isNext ? task : this.#carrier;
    this.#rows.append(this.#keys?.[next] ?? next, row);
    if (this.#rows.rows >= rowsMax || this.#rows.byteLength >= bytesMax) await this.#output.flush();
  }
}
