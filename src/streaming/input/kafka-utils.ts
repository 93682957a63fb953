import { checkInstance, checkObject, invalidOption } from "../../errors/checks/check-options.ts";
import { sayingWhose } from "../../errors/user-code/user-function-failed.ts";
import type { ConsumerRecord, KafkaSourceOptions, NullValues, OffsetRange, TopicPartition } from "../../kafka/types.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import { validateKafkaSourceOptions } from "../../sources/kafka/planning/source-options.ts";
import { checkGivenRate, partitionRates } from "../../sources/rate/check-rate.ts";
import { differ } from "../context/spark-conf/effective-options.ts";
import { StreamingContext } from "../context/streaming-context.ts";
import { DStream } from "../dstream.ts";
import type { RDD } from "../rdd/rdd.ts";
import type { StreamInternals } from "../stream-internals.ts";
import { resolveBrokers } from "./brokers.ts";
import { checkRange } from "./check-range.ts";
import { controlledRate } from "./input-home.ts";
import { type KafkaRDDOptions, kafkaRDD } from "./kafka-rdd.ts";

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
   * @throws INVALID_OPTION
   */
  commitAsync(ranges: readonly OffsetRange[]): void {
    if (!Array.isArray(ranges)) throw invalidOption("commitAsync's ranges", ranges, "a list of ranges of offsets");
    this.#commit(ranges.map((range) => checkRange("each of commitAsync's ranges", range)));
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
    const resolved = {
      ...options,
      ...ratesOf(options, ssc),
      brokers: resolveBrokers(options.brokers, ssc.job.process),
    };
    validateKafkaSourceOptions(resolved);
    const pending: OffsetRange[] = [];
    const { appName, batchInterval, runtime } = ssc.options;
    const node: SourceNode = ssc.job.addSource(
      "kafka",
      { kind: "kafka", options: resolved },
      async (nodeId, streamId, { groups, isCheckpointed }) => {
        const { KafkaSource } = await import("../../sources/kafka/kafka-source.ts");
        const planned = { ...resolved, ...checkedRates(resolved, node) };
        return new KafkaSource(nodeId, planned as KafkaSourceOptions<unknown, unknown, NullValues>, {
          appName,
          stream: { operator: "createDirectStream", site: node.site },
          groups,
          isCheckpointed,
          batchInterval,
          rate: controlledRate(ssc, streamId),
          pending,
          log: runtime.log,
          machine: runtime,
        });
      },
    );
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
    return kafkaRDD(options, ssc.rddHome, ssc.job.process) as unknown as RDD<
      ConsumerRecord<K, N extends "keep" ? V | null : V>
    >;
  },
};

/** Rates that the stream has from Spark's settings. @throws INVALID_OPTION where its own options say something else. */
function ratesOf(options: KafkaSourceOptions<any, any, NullValues>, ssc: StreamingContext): Partial<typeof options> {
  const { fromConf } = ssc.options;
  const rates = partitionRates.flatMap((name) => {
    const [set, own] = [fromConf[name], options[name]];
    if (set === undefined) return [];
    if (own !== undefined && own !== set) throw differ(`spark.streaming.kafka.${name}`, set, `the option ${name}`, own);
    return [[name, set] as const];
  });
  return Object.fromEntries(rates);
}

/** Rates that are functions, which say whose they are when they throw or give what is no rate. */
function checkedRates(
  options: KafkaSourceOptions<any, any, NullValues>,
  { site }: SourceNode,
): Partial<typeof options> {
  const rates = partitionRates.flatMap((name) => {
    const rate = options[name];
    if (typeof rate !== "function") return [];
    const operator = { operator: name, site };
    const where = ({ topic, partition }: TopicPartition): string => `for ${topic}-${partition}`;
    const given = sayingWhose(rate, () => operator, where);
    const checked = (at: TopicPartition): number => {
      const value = given(at);
      checkGivenRate(name, value, operator, at);
      return value;
    };
    return [[name, checked] as const];
  });
  return Object.fromEntries(rates);
}

/** @throws INVALID_OPTION */
function checkContext(where: string, ssc: StreamingContext): void {
  checkInstance(`${where}'s first argument`, ssc, StreamingContext, "a StreamingContext");
}
