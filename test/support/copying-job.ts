import type { TestContext } from "node:test";
import {
  type ConsumerRecord,
  KafkaProducer,
  type KafkaSinkOptions,
  KafkaUtils,
  StreamingContext,
  type StreamingContextOptions,
} from "dstream";
import { ManualClock } from "dstream/testing";
import { temporaryDirectory } from "./temporary-directory.ts";

export const deliveries = ["at-least-once", "exactly-once"] as const;
export type Delivery = (typeof deliveries)[number];
export type Sink = Partial<KafkaSinkOptions<ConsumerRecord<string, string>>>;

export interface CopyingJob {
  /** Runs the batches of the next seconds. */
  next(intervals?: number): Promise<void>;
  stop(): Promise<void>;
  /** Rejects with the error that ends the job. */
  readonly ended: Promise<void>;
}

/** A job that copies the records of the topic "in" to the topic "out". */
export async function startCopies(
  t: TestContext,
  brokers: string,
  delivery: Delivery,
  sink: Sink,
  options: Partial<StreamingContextOptions> = {},
): Promise<CopyingJob> {
  const clock = new ManualClock();
  const checkpoint = delivery === "exactly-once" ? { checkpointDir: temporaryDirectory(t) } : {};
  const context = { appName: "copies", batchInterval: 1_000, master: "local", clock, ...checkpoint, ...options };
  const ssc = new StreamingContext(context);
  KafkaUtils.createDirectStream(ssc, { brokers: [brokers], topics: ["in"], startingOffsets: "earliest" }).saveToKafka({
    topic: "out",
    delivery,
    ...sink,
  });
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await ssc.start();
  t.after(() => ssc.stop());
  return { ended, next: (intervals = 1) => clock.advance(intervals * 1_000), stop: () => ssc.stop() };
}

export async function sendInput(
  brokers: string,
  records: readonly { readonly key?: string; readonly value: string }[],
): Promise<void> {
  const producer = new KafkaProducer({ brokers: [brokers] });
  for (const record of records) await producer.append({ topic: "in", ...record });
  await producer.close();
}
