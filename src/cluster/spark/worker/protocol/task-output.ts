import { BatchBuilder, type ColumnSpec } from "../../arrow/write/batch-builder.ts";
import { streamEnd } from "../../arrow/write/write-message.ts";
import type { SparkDialect } from "../../versions/spark-dialect.ts";
import type { OutputStream } from "../function-host.ts";
import type { SocketSink } from "../io/socket-sink.ts";
import { errorReport } from "./error-report.ts";
import { intFrame, longFrame, specialLengths, stringFrame } from "./framing.ts";

/** When a task's parts began and ended, epoch ms: Spark shows them among the metrics of its Python nodes. */
export interface TaskTimes {
  readonly boot: number;
  readonly initialized: number;
  readonly finished: number;
}

/** A task's answer: an Arrow stream if there are rows, then either times or an error. */
export class TaskOutput implements OutputStream {
  readonly #sink: SocketSink;
  #builder: BatchBuilder | undefined;
  #begun = false;
  #over = false;

  constructor(sink: SocketSink) {
    this.#sink = sink;
  }

  open(columns: readonly ColumnSpec[]): BatchBuilder {
    if (this.#builder !== undefined) throw new Error("the output of a task is opened once");
    this.#builder = new BatchBuilder(columns, "struct");
    return this.#builder;
  }

  async flush(): Promise<void> {
    const builder = this.#builder;
    if (builder === undefined || builder.rows === 0 || this.#over) return;
    if (this.#begun) return this.#sink.write(...builder.take());
    this.#begun = true;
    await this.#sink.write(intFrame(specialLengths.arrowStream), builder.schema(), ...builder.take());
  }

  /** The task is done: no accumulators, nothing spilled. */
  async finish({ boot, initialized, finished }: TaskTimes, { taskTimes }: SparkDialect): Promise<void> {
    await this.flush();
    const times = [boot, initialized, finished, finished - initialized].slice(0, taskTimes);
    await this.#close(
      intFrame(specialLengths.timing),
      ...times.map(longFrame),
      longFrame(0),
      longFrame(0),
      intFrame(specialLengths.endOfData),
      intFrame(0),
    );
  }

  /** The task failed, also when rows of it were sent already. Only the first ending counts. `charactersMax` is what reaches the driver. */
  async fail(thrown: unknown, charactersMax?: number): Promise<void> {
    await this.#close(intFrame(specialLengths.exception), stringFrame(errorReport(thrown, charactersMax)));
  }

  async #close(...frames: readonly Buffer[]): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#sink.write(...(this.#begun ? [streamEnd] : []), ...frames);
  }
}
