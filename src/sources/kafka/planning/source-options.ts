import { checkInteger } from "../../../errors/checks/check-number.ts";
import {
  checkFlag,
  checkOptionNames,
  checkText,
  invalidOption,
  propertyOf,
} from "../../../errors/checks/check-options.ts";
import { checkConnection } from "../../../kafka/client/check-connection.ts";
import type { KafkaSourceOptions, NullValues, TopicPartition } from "../../../kafka/types.ts";
import { checkRate, partitionRates } from "../../rate/check-rate.ts";
import { checkLocationStrategy } from "./check-location-strategy.ts";
import { checkStartPartitions } from "./check-start.ts";
import { checkPartitions, checkSubscription, subscriptions } from "./check-subscription.ts";

const choices: Readonly<Record<string, readonly string[]>> = {
  autoOffsetReset: ["earliest", "latest", "none"],
  isolationLevel: ["read_committed", "read_uncommitted"],
  nullValues: ["fail", "skip", "keep"],
  onOffsetOutOfRange: ["fail", "earliest", "latest"],
  onLogTruncation: ["fail", "continue"],
  onCorruptBatch: ["fail", "skip"],
};
const known = [
  ...subscriptions,
  ...Object.keys(choices),
  ...["brokers", "clientId", "tls", "sasl", "groupId", "startingOffsets", "keyDeserializer", "valueDeserializer"],
  ...["onDeserializationError", "maxRatePerPartition", "minRatePerPartition", "commitOffsets", "maxDecompressedBytes"],
  "locationStrategy",
];

/** @throws UNKNOWN_OPTION, INVALID_OPTION: when the stream is made, before anything is read. */
export function validateKafkaSourceOptions(options: KafkaSourceOptions<any, any, NullValues>): void {
  checkOptionNames("createDirectStream", options, known);
  const values = options as unknown as Readonly<Record<string, unknown>>;
  checkSubscription(values);
  checkConnection(options);
  if (options.groupId !== undefined) checkText("groupId", options.groupId);
  checkFlag("commitOffsets", options.commitOffsets);
  checkReadingOptions(options);
  for (const name of partitionRates) checkRate(name, values[name]);
  checkLocationStrategy(options.locationStrategy);
  const { startingOffsets } = options;
  if (Array.isArray(startingOffsets)) checkStart(startingOffsets, values);
  else if (startingOffsets !== undefined) checkStartOfAll(startingOffsets);
}

/** The options that say how records are read, of streams and of RDDs. @throws INVALID_OPTION */
export function checkReadingOptions(options: object): void {
  const values = options as Readonly<Record<string, unknown>>;
  for (const [name, allowed] of Object.entries(choices)) {
    const value = values[name];
    if (value !== undefined && !allowed.includes(value as string))
      throw invalidOption(name, value, `one of ${allowed.join(", ")}`);
  }
  for (const name of ["keyDeserializer", "valueDeserializer"]) {
    if (values[name] !== undefined && typeof values[name] !== "function")
      throw invalidOption(name, values[name], "a function");
  }
  const { onDeserializationError: handler, maxDecompressedBytes = 1 } = values;
  if (handler !== undefined && handler !== "fail" && handler !== "skip" && typeof handler !== "function") {
    throw invalidOption("onDeserializationError", handler, '"fail", "skip" or a function');
  }
  checkInteger("maxDecompressedBytes", maxDecompressedBytes, 1);
}

/** What is known before the brokers are asked: the topics, and with assign the partitions. */
function checkStart(start: readonly TopicPartition[], { topics, assign }: Readonly<Record<string, unknown>>): void {
  checkPartitions("startingOffsets", start, ["offset"]);
  if (topics !== undefined) checkStartPartitions(start, { topics: topics as string[] });
  if (assign === undefined) return;
  const partitions = assign as readonly TopicPartition[];
  checkStartPartitions(start, { topics: partitions.map(({ topic }) => topic), partitions });
}

function checkStartOfAll(start: unknown): void {
  if (["group", "earliest", "latest"].includes(start as string)) return;
  if (typeof start === "object" && start !== null) checkOptionNames("startingOffsets", start, ["timestamp"]);
  // Of a negative one Kafka makes the log's end, or its start.
  const timestamp = propertyOf(start, "timestamp");
  if (Number.isSafeInteger(timestamp) && (timestamp as number) >= 0) return;
  throw invalidOption("startingOffsets", start, '"group", "earliest", "latest", { timestamp } or a list of offsets');
}
