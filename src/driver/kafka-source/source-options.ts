import { checkFlag, checkOptionNames, checkText, invalidOption } from "../../errors/check-options.ts";
import { checkConnection } from "../../kafka/client/check-connection.ts";
import { checkLocationStrategy } from "../../kafka/source/check-location-strategy.ts";
import type { KafkaSourceOptions, NullValues } from "../../kafka/types.ts";
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
  for (const name of ["maxRatePerPartition", "minRatePerPartition"]) {
    const rate = values[name];
    if (rate !== undefined && typeof rate !== "function" && !(typeof rate === "number" && rate > 0)) {
      throw invalidOption(name, rate, "a positive number of records per second, or a function");
    }
  }
  checkLocationStrategy(options.locationStrategy);
  const { startingOffsets } = options;
  if (startingOffsets !== undefined) checkStart(startingOffsets);
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
  if (!Number.isSafeInteger(maxDecompressedBytes) || (maxDecompressedBytes as number) < 1) {
    throw invalidOption("maxDecompressedBytes", maxDecompressedBytes, "a positive integer");
  }
}

function checkStart(start: NonNullable<KafkaSourceOptions<any, any, NullValues>["startingOffsets"]>): void {
  if (Array.isArray(start)) checkPartitions("startingOffsets", start, ["offset"]);
  else checkStartOfAll(start);
}

function checkStartOfAll(start: unknown): void {
  if (["group", "earliest", "latest"].includes(start as string)) return;
  if (Number.isSafeInteger((start as { readonly timestamp?: number } | null)?.timestamp)) return;
  throw invalidOption("startingOffsets", start, '"group", "earliest", "latest", { timestamp } or a list of offsets');
}
