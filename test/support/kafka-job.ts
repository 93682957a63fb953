import { type KafkaSourceOptions, KafkaUtils, type NullValues, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { readTopics, writeTopics } from "../../src/kafka/protocol/topic-partitions.ts";
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
};

/** The context may get further streams from `add`, whose tasks run before those of the direct stream. */
export async function startKafkaJob<V = string>(
  brokers: string,
  options: Options<V>,
  add: (ssc: StreamingContext) => void = () => {},
): Promise<KafkaJob> {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "kafka-job", batchInterval: 1_000, master: "local", clock });
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
  const client = new KafkaClient({ brokers: [brokers] });
  try {
    const offsets = await client.committedOffsets("kafka-job");
    return offsets.find((entry) => entry.topic === topic && entry.partition === partition)?.offset;
  } finally {
    await client.close();
  }
}

/** Has the broker delete a partition's records below an offset. */
export async function deleteRecords(brokers: string, topic: string, below: number): Promise<void> {
  const wire = await WireConnection.open(brokers);
  const answer = await wire.request("deleteRecords", 2, (request) => {
    writeTopics(request, [{ topic, partitions: [0] }], (partition) => request.int32(partition).int64(below).tags());
    request.int32(10_000).tags();
  });
  answer.int32();
  const results = readTopics(answer, () => {
    const [, , errorCode] = [answer.int32(), answer.int64(), answer.int16(), answer.tags()];
    return errorCode;
  });
  wire.close();
  const errorCode = results[0]?.partitions[0];
  if (errorCode !== 0) throw new Error(`the broker refused to delete records: error ${errorCode}`);
}

/** Has the broker give a topic more partitions. */
export async function createPartitions(brokers: string, topic: string, count: number): Promise<void> {
  const wire = await WireConnection.open(brokers);
  const answer = await wire.request("createPartitions", 2, (request) => {
    request.array([topic], (name) =>
      request
        .string(name)
        .int32(count)
        .array(null, () => {})
        .tags(),
    );
    request.int32(10_000).boolean(false).tags();
  });
  answer.int32();
  const [errorCode] = answer.array(() => {
    answer.string();
    const code = answer.int16();
    answer.nullableString();
    answer.tags();
    return code;
  });
  wire.close();
  if (errorCode !== 0) throw new Error(`the broker refused to create partitions: error ${errorCode}`);
}
