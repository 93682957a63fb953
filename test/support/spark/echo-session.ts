import { fileURLToPath } from "node:url";
import { readArrowBytes } from "../../../src/cluster/spark/arrow/read/read-arrow-bytes.ts";
import type { Relation } from "../../../src/cluster/spark/connect/gen/spark-connect.ts";
import type { FieldType } from "../../../src/cluster/spark/connect/plan/fields.ts";
import { mapInArrow } from "../../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../../src/cluster/spark/connect/session/spark-session.ts";
import { makeWorkerArtifacts } from "../../../src/cluster/spark/shipping/worker-artifacts.ts";

const echoWorker = fileURLToPath(new URL("../spark-echo-worker.ts", import.meta.url));

export type EchoColumns = Readonly<Record<string, FieldType>>;

/** A session whose functions are the echo worker's commands; the worker is shipped as a job's would be. */
export class EchoSession implements AsyncDisposable {
  readonly #session: SparkSession;

  private constructor(session: SparkSession) {
    this.#session = session;
  }

  static async open(url: string): Promise<EchoSession> {
    const session = await SparkSession.open(url);
    const { artifacts, executable } = await makeWorkerArtifacts({ main: echoWorker });
    await session.addArtifacts(artifacts);
    return EchoSession.#with(session, executable);
  }

  /** With a program on this machine in place of the worker. */
  static async openWith(url: string, executable: string): Promise<EchoSession> {
    return EchoSession.#with(await SparkSession.open(url), executable);
  }

  static async #with(session: SparkSession, executable: string): Promise<EchoSession> {
    await session.setConfig({
      "spark.sql.execution.pyspark.python": executable,
      "spark.sql.adaptive.enabled": "false",
    });
    return new EchoSession(session);
  }

  get sparkVersion(): string {
    return this.#session.sparkVersion;
  }

  /** Rows of the command's output over each partition of `input`, values in the order of `output`. */
  async run(
    command: string,
    input: Relation,
    inputColumns: readonly string[],
    output: EchoColumns,
    signal?: AbortSignal,
  ): Promise<unknown[][]> {
    const outputFields = Object.entries(output).map(([name, type]) => ({ name, type }));
    const plan = mapInArrow(input, {
      command: Buffer.from(command),
      inputColumns,
      outputFields,
      dialect: this.#session.dialect,
    });
    const rows: unknown[][] = [];
    await this.#session.execute(plan, {
      signal,
      onBatch: (bytes) => {
        for (const batch of readArrowBytes(bytes)) {
          for (let i = 0; i < batch.numRows; i++) {
            rows.push(
              batch.columns.map((column) => {
                if (column.isNull(i)) return null;
                if (column.field.type === "utf8") return column.text(i);
                return column.field.type === "binary" ? column.bytes(i).toString("latin1") : column.int(i);
              }),
            );
          }
        }
      },
    });
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }
}
