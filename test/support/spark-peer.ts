import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { tableFromIPC } from "apache-arrow";
import { ArrowStreamReader } from "../../src/cluster/spark/arrow/read/arrow-stream-reader.ts";
import type { ByteSource } from "../../src/cluster/spark/arrow/read/byte-source.ts";
import { BatchBuilder, type ColumnSpec } from "../../src/cluster/spark/arrow/write/batch-builder.ts";
import type { CellValue } from "../../src/cluster/spark/arrow/write/column-builder.ts";
import { streamEnd } from "../../src/cluster/spark/arrow/write/write-message.ts";
import { SocketSource } from "../../src/cluster/spark/worker/io/socket-source.ts";
import { FrameReader, intFrame, longFrame, stringFrame } from "../../src/cluster/spark/worker/protocol/framing.ts";
import { fromSources } from "./from-sources.ts";
import { inMemoryGroup } from "./limited-memory.ts";

// Spark's side of the worker protocol, as far as tests need it: starts the echo worker, describes tasks, reads answers.

const echoWorker = fileURLToPath(new URL("spark-echo-worker.ts", import.meta.url));
/** As it stands in the recordings. */
export const secret = "0".repeat(64);

export interface WorkerOptions {
  /** Where the daemon makes its domain socket; TCP without. */
  readonly socketDir?: string;
  readonly reuse?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** The folder of a control group to run in. */
  readonly memoryGroup?: string;
}

export function startEchoWorker(
  args: readonly string[],
  { socketDir, reuse, env, nodeOptions, memoryGroup }: WorkerOptions,
): ChildProcess {
  const node = [process.execPath, fromSources, ...(nodeOptions ?? []), echoWorker, ...args];
  const [command, ...rest] = memoryGroup === undefined ? node : inMemoryGroup(memoryGroup, node);
  return spawn(command as string, rest, {
    env: {
      ...process.env,
      ...(socketDir === undefined
        ? { PYTHON_WORKER_FACTORY_SECRET: secret }
        : { PYTHON_UNIX_DOMAIN_ENABLED: "true", PYTHON_WORKER_FACTORY_SOCK_DIR: socketDir }),
      ...(reuse === false ? {} : { SPARK_REUSE_WORKER: "1" }),
      ...env,
    },
  });
}

/** A daemon of the echo worker. */
export class EchoDaemon implements AsyncDisposable {
  readonly process: ChildProcess;
  /** What was printed, by the daemon and by its workers. */
  log = "";
  #address: { readonly port: number; readonly host: string } | { readonly path: string } | undefined;
  readonly #options: WorkerOptions;
  readonly #waiting: { readonly text: string; readonly resolve: () => void }[] = [];

  private constructor(options: WorkerOptions) {
    this.#options = options;
    this.process = startEchoWorker(["-m", "pyspark.daemon", "pyspark.worker"], options);
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
      for (const { text, resolve } of this.#waiting) if (this.log.includes(text)) resolve();
    });
  }

  static async start(options: WorkerOptions = {}): Promise<EchoDaemon> {
    const daemon = new EchoDaemon(options);
    const { stdout } = daemon.process;
    const [greeting] = stdout === null ? [] : ((await once(stdout, "data")) as [Buffer]);
    if (greeting === undefined) throw new Error("no stdout");
    daemon.#address =
      options.socketDir === undefined
        ? { host: "127.0.0.1", port: greeting.readInt32BE(0) }
        : { path: greeting.toString("utf8", 4) };
    return daemon;
  }

  get socketPath(): string {
    if (this.#address === undefined || !("path" in this.#address)) throw new Error("no domain socket");
    return this.#address.path;
  }

  /** A connection of which nothing was read or written. */
  async connect(): Promise<Socket> {
    if (this.#address === undefined) throw new Error("not started");
    const socket = connect({ ...this.#address, noDelay: true });
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  }

  /** A worker, past the greeting. */
  async worker(): Promise<WorkerPeer> {
    const worker = new WorkerPeer(await this.connect());
    await worker.greet(this.#options.socketDir === undefined ? secret : undefined);
    return worker;
  }

  /** Asks the daemon, as Spark does, to kill a process. */
  kill(pid: number): void {
    this.process.stdin?.write(intFrame(pid));
  }

  /** Resolves once `text` was printed. */
  async printed(text: string): Promise<void> {
    if (this.log.includes(text)) return;
    await new Promise<void>((resolve) => this.#waiting.push({ text, resolve }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.stdin?.end();
    await once(this.process, "exit");
  }
}

export interface Answer {
  /** Rows as apache-arrow reads them; undefined when there was no Arrow stream. */
  readonly rows: readonly Record<string, unknown>[] | undefined;
  readonly error: string | undefined;
}

/** What a task is described by. */
export interface TaskDescription {
  readonly command: string;
  /** How the task is described. Default: as 4.2 does. */
  readonly framing?: "4.2" | "4.3";
  readonly evalType?: number;
  readonly partitionId?: number;
  readonly attemptNumber?: number;
}

export class WorkerPeer {
  readonly socket: Socket;
  readonly source: SocketSource;
  readonly reader: FrameReader;
  pid = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.source = new SocketSource(socket);
    this.reader = new FrameReader(this.source);
  }

  async greet(expected: string | undefined): Promise<void> {
    this.pid = await this.reader.int();
    if (expected === undefined) return;
    this.socket.write(stringFrame(expected));
    const answer = await this.reader.string();
    if (answer !== "ok") throw new Error(`the worker answered ${answer}`);
  }

  /** Sends a task and its rows, reads the answer, and agrees on the end, so that another can follow. */
  run(task: TaskDescription, input: Buffer = rows([], [])): Promise<Answer> {
    this.socket.write(Buffer.concat([describe(task), input.subarray(0, -streamEnd.length)]));
    return this.finish();
  }

  /** Ends a task's input and reads the answer. */
  async finish(): Promise<Answer> {
    this.socket.write(Buffer.concat([streamEnd, intFrame(-4)]));
    const answer = await readAnswer(this.source);
    if (answer.error === undefined && (await this.reader.int()) !== -4) throw new Error("the worker is not reusable");
    return answer;
  }
}

/** An Arrow stream as Spark sends it to a worker: rows as members of one struct column. */
export function rows(columns: readonly ColumnSpec[], values: readonly (readonly CellValue[])[]): Buffer {
  const builder = new BatchBuilder(columns, "struct");
  for (const row of values) builder.append(...row);
  return builder.takeStream();
}

/** A task's description, as Spark's PythonRunner writes it. */
export function describe({ command, framing, evalType, partitionId, attemptNumber }: TaskDescription): Buffer {
  const context = { stageId: 7, partitionId: partitionId ?? 3, attemptNumber: attemptNumber ?? 1, localProperties: {} };
  const block = Buffer.concat([
    intFrame(partitionId ?? 3),
    stringFrame(framing ?? "4.2"),
    stringFrame(JSON.stringify(context)),
    stringFrame("/files"),
    ...[intFrame(1), stringFrame("include.py")],
    ...[Buffer.from([0]), intFrame(0)],
    intFrame(evalType ?? 207),
    ...[intFrame(1), stringFrame("spark.sql.session.timeZone"), stringFrame("Etc/UTC")],
    intFrame(0),
    ...[intFrame(1), intFrame(2), intFrame(0), Buffer.from([0]), intFrame(1), Buffer.from([1]), stringFrame("named")],
    ...[intFrame(1), stringFrame(command), longFrame(12)],
  ]);
  return framing === "4.3" ? Buffer.concat([intFrame(-8), intFrame(block.length), block]) : block;
}

/** Reads an answer up to the end of its data. `taskTimes`: how many times end it. */
export async function readAnswer(source: ByteSource, taskTimes = 4): Promise<Answer> {
  const reader = new FrameReader(source);
  let read: Record<string, unknown>[] | undefined;
  for (;;) {
    const kind = await reader.int();
    if (kind === -6) {
      read = await readRows(source);
    } else if (kind === -3) {
      // And bytes spilled to memory and disk.
      await source.read((taskTimes + 2) * 8);
    } else if (kind === -1) {
      const accumulators = await reader.int();
      if (accumulators !== 0) throw new Error(`${accumulators} accumulators`);
      return { rows: read, error: undefined };
    } else if (kind === -2) {
      return { rows: read, error: await reader.string() };
    } else {
      throw new Error(`the worker answered ${kind}`);
    }
  }
}

/** The rows of an Arrow stream, read by apache-arrow. */
async function readRows(source: ByteSource): Promise<Record<string, unknown>[]> {
  const parts: Buffer[] = [];
  const reader = new ArrowStreamReader({
    async read(length) {
      const bytes = await source.read(length);
      parts.push(bytes);
      return bytes;
    },
  });
  while ((await reader.next()) !== undefined);
  return tableFromIPC(Buffer.concat(parts))
    .toArray()
    .map((row) => Object.fromEntries(Object.entries(row._0.toJSON()).map(([name, value]) => [name, plain(value)])));
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
}
