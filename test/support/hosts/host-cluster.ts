import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedBroker } from "dstream/broker";
import { SharedSession } from "../../../src/cluster/spark/shared-session.ts";
import { thisProcess } from "../../../src/runtime/process/this-process.ts";
import { hostJobs, meeting } from "../../spark-hosts/jobs/host-jobs.ts";
import { committedEntries } from "../exactly-once/committed-topic.ts";
import { RecordedLog } from "../recorded-log.ts";
import type { SteppedJob } from "../spark/stepped-jobs.ts";
import { type Host, mounts } from "./host.ts";
import { driverAddress, type HostsOptions, SparkOnHosts } from "./spark-on-hosts.ts";
import { type Count, sortedCounts, WordTopic } from "./words.ts";

const thereMs = 120_000;
const pollMs = 20;

/** What breaks in the middle of batch 2, while a task waits on `node1`, or on both hosts. */
export interface Fault {
  readonly job: "counts" | "totals" | "copies";
  readonly strike: (host: Host, said: RecordedLog) => Promise<void>;
  /** What makes the host whole again, after the batch. */
  readonly repair?: (host: Host) => Promise<void>;
  /** The stage whose task waits: default 0, which reads Kafka. */
  readonly stage?: 0 | 1;
  readonly holdsBoth?: boolean;
  /** The task that waits is not let go before the batch has ended without it. */
  readonly withoutHeldTask?: boolean;
}

/** A Spark over hosts and a Kafka that they reach, for the tests of one file. */
export class HostCluster {
  readonly spark: SparkOnHosts;
  readonly broker: EmbeddedBroker;
  #topics = 0;

  private constructor(spark: SparkOnHosts, broker: EmbeddedBroker) {
    this.spark = spark;
    this.broker = broker;
  }

  static async start(options: HostsOptions): Promise<HostCluster> {
    // What driver and workers write into a shared folder belongs to a group that both are in.
    process.umask(0o002);
    const spark = await SparkOnHosts.start(options);
    const broker = await EmbeddedBroker.start({ host: driverAddress });
    thisProcess.runOptions = { brokers: [broker.bootstrapServers] };
    return new HostCluster(spark, broker);
  }

  async stop(): Promise<void> {
    await SharedSession.closeAll();
    await this.broker.stop();
    await this.spark.stop();
  }

  newTopic(): Promise<WordTopic> {
    return WordTopic.make(`words-${++this.#topics}`, this.broker);
  }

  /** A new folder that driver and hosts share. */
  sharedFolder(name: string): string {
    const folder = join(mounts.shared, name);
    mkdirSync(folder);
    return folder;
  }

  /**
   * Runs a job for three batches, breaks what `fault` says in the middle of the second, and checks what each batch gave. Says how long
   * the second took from the moment at which it broke. Returns what was said of stalls.
   */
  async break(t: TestContext, fault: Fault): Promise<readonly string[]> {
    const { job: kind, stage = 0, holdsBoth = false, withoutHeldTask = false } = fault;
    const host = this.spark.host("node1");
    const held = holdsBoth ? this.spark.hosts : [host];
    await this.spark.everyHostHasExecutor();
    for (const each of held) await clearMeeting(each);
    const topic = await this.newTopic();
    if (kind === "copies") await this.broker.createTopic(`${topic.name}-counts`, { partitions: 2 });
    const checkpointDir = kind === "counts" ? undefined : this.sharedFolder(topic.name);
    const names = held.map(({ name }) => name).join(",");
    Object.assign(process.env, { HELD_HOSTS: names, HELD_LEVEL: String(stage) });
    const said = new RecordedLog();
    const job = await hostJobs.start(kind, topic.name, {
      logger: said,
      master: this.spark.url,
      ...(checkpointDir !== undefined && { checkpointDir }),
      workerEnv: ["HELD_HOSTS", "HELD_LEVEL"],
    });
    try {
      await this.checkNext(job, topic, kind);
      const second = this.checkNext(job, topic, kind);
      second.catch(() => {});
      const there = Promise.all(held.map((each) => appears(each, meeting.there)));
      const tooEarly = second.then(() => assert.fail(`batch 2 ended before a task waited on ${names}`));
      tooEarly.catch(() => {});
      await Promise.race([there, tooEarly]);
      const gates = await Promise.all(held.map((each) => each.path(meeting.go)));
      const broken = performance.now();
      await fault.strike(host, said);
      if (!withoutHeldTask) letGo(gates);
      await second;
      letGo(gates);
      t.diagnostic(`the batch ended ${((performance.now() - broken) / 1_000).toFixed(1)} s after it broke`);
      await fault.repair?.(host);
      await this.checkNext(job, topic, kind);
      return [...said.of("STALLED"), ...said.of("STALL_ENDED")].map(({ message }) => message);
    } finally {
      await job.stop({ keepsSession: true });
      if (checkpointDir !== undefined) rmSync(checkpointDir, { recursive: true, force: true });
    }
  }

  /** Sends the words of a batch, runs it, and compares what it gave, and what Kafka has of it for readers of committed records. */
  async checkNext(job: SteppedJob, topic: WordTopic, kind: Fault["job"]): Promise<void> {
    const counts = await topic.send();
    const rows = (await job.next()) as Count[];
    assert.deepEqual(sortedCounts(rows), kind === "totals" ? topic.totals : counts);
    if (kind !== "copies") return;
    const written = await committedEntries(this.broker.bootstrapServers, `${topic.name}-counts`);
    const texts = written.map(({ key, value }) => `${key} ${value}`).sort();
    assert.deepEqual(texts, topic.counts.map(([word, count]) => `${word} ${count}`).sort());
  }
}

/** A host may be gone, and its tasks with it. */
function letGo(gates: readonly string[]): void {
  for (const gate of gates) if (existsSync(dirname(gate))) writeFileSync(gate, "");
}

/** Resolves once the host has the file. @throws after a time */
async function appears(host: Host, path: string): Promise<void> {
  const deadline = performance.now() + thereMs;
  while (!existsSync(await host.path(path))) {
    if (performance.now() > deadline) throw new Error(`${path} did not appear on ${host.name}`);
    await delay(pollMs);
  }
}

async function clearMeeting(host: Host): Promise<void> {
  for (const path of Object.values(meeting)) rmSync(await host.path(path), { force: true });
}
