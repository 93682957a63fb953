import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { readCheckpoint } from "../../src/driver/checkpoint/open-checkpoint.ts";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { nodeFileSystem } from "../../src/runtime/files/file-system.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";
import { DirectoryFiles } from "../../src/state/files/directory-files.ts";
import { sliceOf } from "../../src/state/manifest.ts";
import { MemoryStore } from "../../src/state/memory/memory-store.ts";
import { fromSources } from "../support/from-sources.ts";
import { startProcess } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { faultsOfTotals } from "./check-totals.ts";
import type { CountingSpec, Total } from "./counting-spec.ts";

const numPartitions = 2;
/** A job that lost records would count for ever. */
const deadlineMs = 60_000;

export interface WorldOptions {
  readonly numRecords: number;
  readonly numKeys: number;
  readonly maxRatePerPartition: number;
  readonly batchInterval: number;
}

/** How a run of the job ended: with its exit code, by a signal, or not at all (it hung and was killed). */
export type End = number | NodeJS.Signals | "hung";

/** A process that runs the counting job. */
export class CountingRun {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** What it has written to both of its outputs. */
  output = "";
  readonly #waiting = new Map<string, () => void>();

  /** `within`: a command that runs another, and its arguments. */
  constructor(spec: CountingSpec, within: readonly string[] = []) {
    const job = new URL("./jobs/counting.ts", import.meta.url).pathname;
    const [command = process.execPath, ...args] = [...within, process.execPath, fromSources, job, JSON.stringify(spec)];
    this.child = startProcess(command, args);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), deadlineMs);
    const listen = (chunk: Buffer): void => {
      this.output += chunk.toString();
      for (const [text, resolve] of this.#waiting) if (this.output.includes(text)) resolve();
    };
    this.child.stdout?.on("data", listen);
    this.child.stderr?.on("data", listen);
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(timer);
        resolve({ code, signal });
      });
    });
  }

  /** Resolves when it has written a text; never, should it end before. */
  says(text: string): Promise<void> {
    if (this.output.includes(text)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(text, resolve));
  }
}

/** Records to count on an embedded broker, a checkpoint folder, and runs of the counting job over them. */
export class CountingWorld {
  readonly broker: EmbeddedBroker;
  readonly checkpointDir: string;
  readonly #options: WorldOptions;
  readonly #counts = new Map<string, number>();

  private constructor(broker: EmbeddedBroker, checkpointDir: string, options: WorldOptions) {
    this.broker = broker;
    this.checkpointDir = checkpointDir;
    this.#options = options;
  }

  static async make(t: TestContext, options: WorldOptions): Promise<CountingWorld> {
    const broker = await EmbeddedBroker.start();
    t.after(() => broker.stop());
    for (const topic of ["in", "out"]) await broker.createTopic(topic, { partitions: numPartitions });
    const world = new CountingWorld(broker, join(temporaryDirectory(t), "checkpoint"), options);
    await world.#produce();
    return world;
  }

  async #produce(): Promise<void> {
    const { numRecords, numKeys } = this.#options;
    const producer = new KafkaProducer({ brokers: [this.broker.bootstrapServers] });
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < numRecords; i++) {
      const value = `key-${(i * 7919) % numKeys}`;
      this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
      sent.push(producer.send({ topic: "in", partition: i % numPartitions, value }));
    }
    await Promise.all(sent);
    await producer.close();
  }

  /** Runs the job until it ends, crashes, or is killed, `killAfterMs` after it began. */
  async run(
    master: string,
    { crash, killAfterMs }: { crash?: CountingSpec["crash"]; killAfterMs?: number | undefined } = {},
  ): Promise<End> {
    const job = this.start(master, { ...(crash !== undefined && { crash }) });
    if (killAfterMs !== undefined) {
      void job.says("began\n").then(() => setTimeout(() => job.child.kill("SIGKILL"), killAfterMs).unref());
    }
    let isHung = false;
    void job.says("hanging\n").then(() => {
      isHung = true;
      job.child.kill("SIGKILL");
    });
    const { code, signal } = await job.ended;
    if (code === 1 && crash?.kind !== "throw") throw new Error(`the job failed:\n${job.output}`);
    return isHung ? "hung" : (signal ?? code ?? 0);
  }

  /** Starts the job, which is killed when it takes too long. */
  start(master: string, more: Partial<CountingSpec> = {}, within: readonly string[] = []): CountingRun {
    const { numRecords: expected, maxRatePerPartition, batchInterval } = this.#options;
    const brokers = this.broker.bootstrapServers;
    const { checkpointDir } = this;
    const spec: CountingSpec = {
      brokers,
      checkpointDir,
      master,
      expected,
      maxRatePerPartition,
      batchInterval,
      ...more,
    };
    return new CountingRun(spec, within);
  }

  /** What is wrong with the output and the state; nothing when all is right. */
  async faults(): Promise<string[]> {
    const outputs = faultsOfTotals(await this.#outputs(), this.#counts).map((fault) => `output: ${fault}`);
    const state = await this.#state();
    const wrong = [...new Set([...state.keys(), ...this.#counts.keys()])].filter(
      (key) => state.get(key) !== this.#counts.get(key),
    );
    return [...outputs, ...wrong.map((key) => `state: ${key} is ${state.get(key)}, not ${this.#counts.get(key)}`)];
  }

  async #outputs(): Promise<Total[]> {
    const client = new KafkaClient({ brokers: [this.broker.bootstrapServers] }, thisMachine);
    const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic: "out", partition }));
    const totals: Total[] = [];
    for (const { topic, partition, offset } of await client.listOffsets(partitions, "latest", "read_committed")) {
      const range = { topic, partition, fromOffset: 0, untilOffset: offset };
      for await (const records of readRecords(client, range, {}, new AbortController().signal)) {
        for (const { value } of records as { value: string }[]) totals.push(JSON.parse(value) as Total);
      }
    }
    await client.close();
    return totals;
  }

  async #state(): Promise<Map<string, unknown>> {
    const checkpoint = await readCheckpoint(this.checkpointDir, nodeFileSystem);
    const store = new MemoryStore(new DirectoryFiles(join(this.checkpointDir, "state"), thisMachine));
    const { buckets = 64, manifest = [] } = checkpoint ?? {};
    const state = await store.open(sliceOf(manifest, "totals", buckets, 0, buckets), 0);
    const totals = new Map<string, unknown>();
    for await (const entries of state.entries())
      for (const { key, stored } of entries) totals.set(key as string, stored);
    return totals;
  }
}
