import { checkOptionNames, invalidOption } from "../../errors/check-options.ts";
import { parseBroker } from "../../kafka/client/broker-address.ts";
import { checkLocationStrategy } from "../../kafka/source/check-location-strategy.ts";
import type { KafkaSourceOptions, NullValues } from "../../kafka/types.ts";

const subscriptions = ["topics", "topicPattern", "assign"] as const;
const choices: Readonly<Record<string, readonly string[]>> = {
  autoOffsetReset: ["earliest", "latest", "none"],
  isolationLevel: ["read_committed", "read_uncommitted"],
  nullValues: ["fail", "skip", "keep"],
  onOffsetOutOfRange: ["fail", "earliest", "latest"],
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
  const given = subscriptions.filter((name) => values[name] !== undefined);
  if (given.length !== 1)
    throw invalidOption(
      "createDirectStream",
      given.length === 0 ? "none" : given.join(" and "),
      `given just one of ${subscriptions.join(", ")}`,
    );
  for (const broker of options.brokers ?? []) parseBroker(broker);
  for (const [name, allowed] of Object.entries(choices)) {
    const value = values[name];
    if (value !== undefined && !allowed.includes(value as string))
      throw invalidOption(name, value, `one of ${allowed.join(", ")}`);
  }
  for (const name of ["keyDeserializer", "valueDeserializer"]) {
    if (values[name] !== undefined && typeof values[name] !== "function")
      throw invalidOption(name, values[name], "a function");
  }
  for (const name of ["maxRatePerPartition", "minRatePerPartition"]) {
    const rate = values[name];
    if (rate !== undefined && typeof rate !== "function" && !(typeof rate === "number" && rate > 0)) {
      throw invalidOption(name, rate, "a positive number of records per second, or a function");
    }
  }
  checkLocationStrategy(options.locationStrategy);
  const { startingOffsets, maxDecompressedBytes = 1 } = options;
  if (!Number.isSafeInteger(maxDecompressedBytes) || maxDecompressedBytes < 1) {
    throw invalidOption("maxDecompressedBytes", maxDecompressedBytes, "a positive integer");
  }
  if (typeof startingOffsets === "string" && !["group", "earliest", "latest"].includes(startingOffsets)) {
    throw invalidOption(
      "startingOffsets",
      startingOffsets,
      '"group", "earliest", "latest", { timestamp } or a list of offsets',
    );
  }
}
