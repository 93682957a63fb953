import { checkOptionNames, invalidOption } from "../../errors/checks/check-options.ts";
import { callSite } from "../../errors/user-code/user-frame.ts";
import { checkConnection } from "../../kafka/client/check-connection.ts";
import { checkTopicName } from "../../kafka/producer/check-record.ts";
import type { KafkaConnection, KafkaSourceOptions, NullValues, OffsetRange } from "../../kafka/types.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";
import { checkLocationStrategy } from "../../sources/kafka/planning/check-location-strategy.ts";
import { checkReadingOptions } from "../../sources/kafka/planning/source-options.ts";
import type { RDDHome } from "../rdd/homes/rdd-home.ts";
import { PlannedRDD } from "../rdd/planned-rdd.ts";
import { resolveBrokers } from "./brokers.ts";
import { checkRange } from "./check-range.ts";

type Reading = "keyDeserializer" | "valueDeserializer" | "isolationLevel" | "nullValues" | "onDeserializationError";

/** What `KafkaUtils.createRDD` takes; options besides `offsetRanges` mean what they do for createDirectStream. */
export type KafkaRDDOptions<K, V, N extends NullValues = "fail"> = KafkaConnection &
  Pick<
    KafkaSourceOptions<K, V, N>,
    Reading | "onOffsetOutOfRange" | "onCorruptBatch" | "maxDecompressedBytes" | "locationStrategy"
  > & {
    /** One partition of the RDD for each. */
    readonly offsetRanges: readonly OffsetRange[];
  };

const known = [
  ...["offsetRanges", "brokers", "clientId", "tls", "sasl", "keyDeserializer", "valueDeserializer"],
  ...["isolationLevel", "nullValues", "onDeserializationError", "onOffsetOutOfRange", "maxDecompressedBytes"],
  "onCorruptBatch",
  "locationStrategy",
];

/** The records of ranges of Kafka partitions. @throws UNKNOWN_OPTION, INVALID_OPTION. */
export function kafkaRDD(
  options: KafkaRDDOptions<any, any, NullValues>,
  home: RDDHome,
  process: HostProcess,
): PlannedRDD {
  checkOptionNames("createRDD", options, known);
  const { offsetRanges, locationStrategy, ...others } = options;
  checkLocationStrategy(locationStrategy);
  checkReadingOptions(others);
  if (!Array.isArray(offsetRanges)) throw invalidOption("offsetRanges", typeof offsetRanges, "an array");
  const ranges = offsetRanges.map((range) => checkRange("a range of offsetRanges", range));
  for (const { topic } of ranges) checkTopicName(topic, "a range of offsetRanges");
  const source = { ...others, brokers: resolveBrokers(options.brokers, process) };
  checkConnection(source);
  const site = callSite();
  const feed = { kind: "kafka", options: source, ranges } as const;
  return new PlannedRDD(({ graph }) => {
    const facts = { numPartitions: ranges.length, offsetRanges: ranges };
    return graph.addSource({ kind: "source", operator: "createRDD", site, feed }, facts);
  }, home);
}
