import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { existingCheckpoint } from "../../src/driver/checkpoint/inspect-checkpoint.ts";
import { nodeFileSystem } from "../../src/runtime/files/file-system.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { DirectoryFiles } from "../../src/state/files/directory-files.ts";
import { filesOf, sliceOf } from "../../src/state/manifest.ts";
import { DiskStore } from "../../src/state/sorted/disk-store.ts";
import { loadMapped } from "../../src/task/state/mapped-state.ts";
import { fromSources } from "../../test/support/from-sources.ts";
import type { BatchReport, KeyRange, ManyKeysSpec } from "./spec.ts";

const jobFile = fileURLToPath(new URL("job.ts", import.meta.url));

/** A process that counts many keys, and what it reports. */
export class ManyKeysRun {
  /** Since the process was started, in milliseconds, until the first batch was committed. */
  firstBatchMs: number | undefined;
  readonly reports: BatchReport[] = [];
  readonly #child: ChildProcess;

  constructor(spec: ManyKeysSpec, execArgv: readonly string[]) {
    const startedAt = performance.now();
    this.#child = fork(jobFile, [JSON.stringify(spec)], { execArgv: [fromSources, ...execArgv] });
    this.#child.on("message", (report) => {
      this.firstBatchMs ??= performance.now() - startedAt;
      this.reports.push(report as BatchReport);
    });
  }

  /** Resolves when this run reported batches with so many keys together. @throws when the process ends before. */
  counted(keys: number): Promise<void> {
    return this.#until(() => this.reports.reduce((sum, report) => sum + report.keys, 0) >= keys);
  }

  /** Resolves when it reported a batch of just so many keys. @throws when the process ends before. */
  sawBatchOf(keys: number): Promise<void> {
    return this.#until(() => this.reports.some((report) => report.keys === keys));
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      const ended = new AbortController();
      await Promise.race([
        once(this.#child, "message", { signal: ended.signal }),
        once(this.#child, "exit", { signal: ended.signal }).then(([code, signal]) => {
          throw new Error(`the job ended with ${code ?? signal}`);
        }),
      ]).finally(() => ended.abort());
    }
  }

  /** Ends as a crash does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

/** An embedded broker with ranges of keys, and a checkpoint folder. */
export class ManyKeys {
  readonly #broker: EmbeddedBroker;
  readonly #checkpointDir: string;

  private constructor(broker: EmbeddedBroker, checkpointDir: string) {
    this.#broker = broker;
    this.#checkpointDir = checkpointDir;
  }

  static async start(checkpointDir: string): Promise<ManyKeys> {
    const broker = await EmbeddedBroker.start();
    await broker.createTopic("in", { partitions: 1 });
    return new ManyKeys(broker, checkpointDir);
  }

  /** A batch for each range. */
  async feed(ranges: readonly KeyRange[]): Promise<void> {
    const producer = new KafkaProducer({ brokers: [this.#broker.bootstrapServers] });
    for (const range of ranges) await producer.send({ topic: "in", value: JSON.stringify(range) });
    await producer.close();
  }

  run(stateStore: ManyKeysSpec["stateStore"], execArgv: readonly string[] = []): ManyKeysRun {
    const spec = { brokers: this.#broker.bootstrapServers, checkpointDir: this.#checkpointDir, stateStore };
    return new ManyKeysRun(spec, execArgv);
  }

  /** What the checkpoint has: keys, the sum of their counts, and bytes of its files. */
  async totals(): Promise<{ readonly keys: number; readonly counted: number; readonly bytes: number }> {
    const { manifest, buckets } = await existingCheckpoint(this.#checkpointDir, nodeFileSystem);
    const store = new DiskStore(new DirectoryFiles(join(this.#checkpointDir, "state"), thisMachine));
    const state = await store.open(sliceOf(manifest, "counts", buckets, 0, buckets), 0);
    let [keys, counted] = [0, 0];
    for await (const entries of state.entries()) {
      for (const { stored } of entries) {
        keys++;
        counted += Number.parseInt(loadMapped(stored) as string, 10);
      }
    }
    await store.close();
    const bytes = [...filesOf(manifest).values()].reduce((sum, { length }) => sum + length, 0);
    return { keys, counted, bytes };
  }

  async stop(): Promise<void> {
    await this.#broker.stop();
  }
}
