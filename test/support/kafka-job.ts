import { type KafkaSourceOptions, KafkaUtils, type Logger, type NullValues, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { deleteRecords as requestDeletion, createPartitions as requestPartitions } from "./wire/topic-requests.ts";
import { WireConnection } from "./wire/wire-connection.ts";

/** A job on `local`, moved by a manual clock, that collects the values of a direct stream. */
export interface KafkaJob {
  /** Runs the batches of the next `intervals` seconds and returns the values of the last. */
  next(intervals?: number): Promise<unknown[]>;
  /** Rejects with the error that ends the job. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

type Options<V> = Omit<KafkaSourceOptions<string, V, NullValues>, "topics" | "topicPattern" | "assign"> & {
  readonly topics?: readonly string[];
  readonly topicPattern?: RegExp;
  /** The job's. */
  readonly logger?: Logger;
};

/** The context may get further streams from `add`, whose tasks run before those of the direct stream. */
export async function startKafkaJob<V = string>(
  brokers: string,
  { logger, ...options }: Options<V>,
  add: (ssc: StreamingContext) => void = () => {},
): Promise<KafkaJob> {
  const clock = new ManualClock();
  const own = logger === undefined ? {} : { logger };
  const ssc = new StreamingContext({ appName: "kafka-job", batchInterval: 1_000, master: "local", clock, ...own });
  add(ssc);
  const batches: unknown[][] = [];
  const source = { brokers: [brokers], autoOffsetReset: "earliest", ...options };
  KafkaUtils.createDirectStream<string, V, NullValues>(ssc, source as KafkaSourceOptions<string, V, NullValues>)
    .map((record) => record.value)
    .foreachRDD(async (rdd) => void batches.push(await rdd.collect()));
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await ssc.start();
  return {
    ended,
    async next(intervals = 1) {
      await clock.advance(intervals * 1_000);
      return batches.at(-1) ?? [];
    },
    stop: () => ssc.stop(),
  };
}

/** What the job's group has committed of a partition. */
export async function committedOffset(brokers: string, topic: string, partition = 0): Promise<number | undefined> {
  const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
  try {
    const offsets = await client.committedOffsets("kafka-job");
    return offsets.find((entry) => entry.topic === topic && entry.partition === partition)?.offset;
  } finally {
    await client.close();
  }
}

/** Has the broker delete a partition's records below an offset. */
export async function deleteRecords(brokers: string, topic: string, below: number): Promise<void> {
  await asked(brokers, "to delete records", async (wire) => (await requestDeletion(wire, topic, below)).errorCode);
}

/** Has the broker give a topic more partitions. */
export async function createPartitions(brokers: string, topic: string, count: number): Promise<void> {
  await asked(brokers, "to create partitions", (wire) => requestPartitions(wire, topic, count));
}

/** @throws for an answer other than 0. */
async function asked(brokers: string, what: string, ask: (wire: WireConnection) => Promise<number>): Promise<void> {
  const wire = await WireConnection.open(brokers);
  const errorCode = await ask(wire).finally(() => wire.close());
  if (errorCode !== 0) throw new Error(`the broker refused ${what}: error ${errorCode}`);
}
