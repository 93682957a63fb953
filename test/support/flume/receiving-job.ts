import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { StreamingContext } from "dstream";
import { type FlumeEvent, FlumeReceiver, type FlumeReceiverOptions } from "dstream/flume-receiver";
import { ManualClock } from "dstream/testing";
import { RecordedLog } from "../recorded-log.ts";
import { SinkClient, type SinkClientOptions } from "./sink-client.ts";

export interface ReceivingJobOptions extends Partial<FlumeReceiverOptions> {
  readonly maxRate?: number;
  readonly batchInterval?: number;
}

/** A job over a receiver that listens, whose batches come when a test wants them. */
export class ReceivingJob {
  readonly receiver: FlumeReceiver;
  readonly clock = new ManualClock();
  readonly ssc: StreamingContext;
  /** Rows by batch and partition. */
  readonly batches: FlumeEvent[][][] = [];
  readonly heard: string[] = [];

  private constructor({ maxRate, batchInterval = 1_000, ...options }: ReceivingJobOptions, said: RecordedLog) {
    this.receiver = new FlumeReceiver({ port: 0, ...options });
    const limits = maxRate === undefined ? {} : { backpressure: { maxRate } };
    this.ssc = new StreamingContext({ appName: "flume", batchInterval, clock: this.clock, logger: said, ...limits });
    const partitions = this.ssc.receiverStream(this.receiver).glom();
    partitions.foreachRDD(async (rdd) => void this.batches.push((await rdd.collect()) as FlumeEvent[][]));
    const note = ({ receiverInfo }: { receiverInfo: { lastErrorMessage?: string } }): void => {
      if (receiverInfo.lastErrorMessage !== undefined) this.heard.push(receiverInfo.lastErrorMessage);
    };
    this.ssc.addStreamingListener({ onReceiverError: note, onReceiverStopped: note });
  }

  /** A job whose receiver may not come to listen. */
  static async begin(t: TestContext, options: ReceivingJobOptions): Promise<ReceivingJob> {
    const job = new ReceivingJob(options, saidIn(t));
    t.after(() => job.ssc.stop());
    await job.ssc.start();
    return job;
  }

  static async start(t: TestContext, options: ReceivingJobOptions = {}): Promise<ReceivingJob> {
    const job = await ReceivingJob.begin(t, options);
    await until(() => job.receiver.address !== undefined);
    return job;
  }

  get address(): string {
    return this.receiver.address as string;
  }

  get rows(): FlumeEvent[] {
    return this.batches.flat(2);
  }

  get texts(): string[] {
    return this.rows.map(({ body }) => Buffer.from(body).toString());
  }

  async connect(t: TestContext, options?: SinkClientOptions): Promise<SinkClient> {
    const client = await SinkClient.connect(this.address, options);
    t.after(() => client.socket.destroy());
    return client;
  }

  /** Runs batches until something is done. */
  async run<T>(done: Promise<T>): Promise<T> {
    let isDone = false;
    const noted = done.finally(() => {
      isDone = true;
    });
    noted.catch(() => {});
    await until(
      () => isDone,
      () => this.clock.advance(1_000),
    );
    return noted;
  }
}

/** Waits until something is so, for ten seconds at most. */
export async function until(isSo: () => boolean, meanwhile: () => Promise<unknown> = () => delay(1)): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, "it did not come to that within 10 s");
    await new Promise(setImmediate);
    await meanwhile();
  }
}

const logs = new WeakMap<TestContext, RecordedLog>();

/** What the jobs of a test say. */
export function saidIn(t: TestContext): RecordedLog {
  const said = logs.get(t) ?? new RecordedLog();
  logs.set(t, said);
  return said;
}
