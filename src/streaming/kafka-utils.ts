import { validateKafkaSourceOptions } from "../driver/kafka-source/source-options.ts";
import { KafkaSource } from "../driver/sources/kafka-source.ts";
import { checkInstance, checkObject, invalidOption } from "../errors/check-options.ts";
import { sayingWhose } from "../errors/user-function-failed.ts";
import { checkOffsetRange } from "../kafka/check-offset.ts";
import type { ConsumerRecord, KafkaSourceOptions, NullValues, OffsetRange, TopicPartition } from "../kafka/types.ts";
import type { SourceNode } from "../plan/nodes/source.ts";
import { resolveBrokers } from "./brokers.ts";
import { controlledRate } from "./controlled-rate.ts";
import { DStream } from "./dstream.ts";
import { type KafkaRDDOptions, kafkaRDD } from "./kafka-rdd.ts";
import type { RDD } from "./rdd/rdd.ts";
import type { StreamInternals } from "./stream-internals.ts";
import { StreamingContext } from "./streaming-context.ts";

/** A direct stream: the records of Kafka partitions, one partition of the stream for each. */
export class KafkaDStream<K, V> extends DStream<ConsumerRecord<K, V>> {
  readonly #commit: (ranges: readonly OffsetRange[]) => void;

  /** @internal */
  constructor(internals: StreamInternals, commit: (ranges: readonly OffsetRange[]) => void) {
    super(internals);
    this.#commit = commit;
  }

  /**
   * Commits the ends of the ranges as the group's offsets with the next batch; of several for a partition the highest. For
   * programs that set `commitOffsets: false` and commit when their own output is safe.
   *
   * @throws INVALID_OPTION for what is no list of ranges.
   */
  commitAsync(ranges: readonly OffsetRange[]): void {
    if (!Array.isArray(ranges)) throw invalidOption("commitAsync's ranges", ranges, "a list of ranges");
    this.#commit(ranges.map((range) => checkOffsetRange(range, "a range of commitAsync")));
  }
}

/** Kafka for streaming jobs. */
export const KafkaUtils = {
  /**
   * A stream that reads Kafka directly: the driver plans a range of offsets for each partition and batch, tasks read just
   * these, and no consumer group is joined. Read `read_committed` unless asked otherwise; at-least-once.
   *
   * @throws UNKNOWN_OPTION, INVALID_OPTION.
   */
  createDirectStream<K = string, V = string, N extends NullValues = "fail">(
    ssc: StreamingContext,
    options: KafkaSourceOptions<K, V, N>,
  ): KafkaDStream<K, N extends "keep" ? V | null : V> {
    checkContext("createDirectStream", ssc);
    checkObject("createDirectStream's options", options);
    const resolved = { ...options, brokers: resolveBrokers(options.brokers) };
    validateKafkaSourceOptions(resolved);
    const pending: OffsetRange[] = [];
    const { appName, batchInterval } = ssc.options;
    const node: SourceNode = ssc.job.addSource("kafka", { kind: "kafka", options: resolved }, (nodeId, streamId) => {
      const planned = { ...resolved, ...checkedRates(resolved, node) };
      return new KafkaSource(nodeId, planned as KafkaSourceOptions<unknown, unknown, NullValues>, {
        appName,
        batchInterval,
        rate: controlledRate(ssc, streamId),
        pending,
      });
    });
    return new KafkaDStream(ssc.stream(node).internals, (ranges) => pending.push(...ranges));
  },

  /**
   * The records of given ranges, a partition for each range. For transform, where the tasks read them, and for foreachRDD and
   * other code on the driver, where its actions read them, each time anew.
   *
   * @throws UNKNOWN_OPTION, INVALID_OPTION; its actions what reading throws: BROKER_UNREACHABLE, OFFSET_OUT_OF_RANGE, …
   */
  createRDD<K = string, V = string, N extends NullValues = "fail">(
    ssc: StreamingContext,
    options: KafkaRDDOptions<K, V, N>,
  ): RDD<ConsumerRecord<K, N extends "keep" ? V | null : V>> {
    checkContext("createRDD", ssc);
    return kafkaRDD(options, ssc.rddHome) as unknown as RDD<ConsumerRecord<K, N extends "keep" ? V | null : V>>;
  },
};

/** Rates that are functions, which say whose they are when they throw. */
function checkedRates(
  options: KafkaSourceOptions<any, any, NullValues>,
  { site }: SourceNode,
): Partial<typeof options> {
  const names = ["maxRatePerPartition", "minRatePerPartition"] as const;
  const rates = names.flatMap((name) => {
    const rate = options[name];
    if (typeof rate !== "function") return [];
    const operator = { operator: name, site };
    const where = ({ topic, partition }: TopicPartition): string => `for ${topic}-${partition}`;
    return [[name, sayingWhose(rate, () => operator, where)] as const];
  });
  return Object.fromEntries(rates);
}

/** @throws INVALID_OPTION */
function checkContext(where: string, ssc: StreamingContext): void {
  checkInstance(`${where}'s first argument`, ssc, StreamingContext, "a StreamingContext");
}
