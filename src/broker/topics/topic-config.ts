// The configuration of topics: every name that Kafka 4.4 knows, checked as Kafka checks it. What has no meaning for one node without
// tiered storage is accepted and shown, and has no effect.
import type { LogConfig } from "../log/log-config.ts";

type ConfigType = "BOOLEAN" | "DOUBLE" | "INT" | "LIST" | "LONG" | "STRING";

interface ConfigKey {
  readonly type: ConfigType;
  readonly value: string;
  /** Why a value of the right type is refused; undefined: it is fine. */
  readonly problem: (value: string) => string | undefined;
  /** The broker's configuration that this one falls back to. */
  readonly serverName?: string;
}

const anything = (): undefined => undefined;

/** A number within bounds; the bounds are Kafka's. */
function atLeast(least: number, most: number = Number.POSITIVE_INFINITY): ConfigKey["problem"] {
  return (value) => {
    if (Number(value) < least) return `Value must be at least ${least}`;
    return Number(value) > most ? `Value must be no more than ${most}` : undefined;
  };
}

/** One of some words. */
function oneOf(...words: readonly string[]): ConfigKey["problem"] {
  return (value) => (words.includes(value) ? undefined : `String must be one of: ${words.join(", ")}`);
}

function key(type: ConfigType, value: string, problem: ConfigKey["problem"], serverName?: string): ConfigKey {
  return { type, value, problem, ...(serverName !== undefined && { serverName }) };
}

const gzipLevel: ConfigKey["problem"] = (value) =>
  /^(-1|[1-9])$/.test(value) ? undefined : "Value must be between 1 and 9 or equal to -1";
const policies: ConfigKey["problem"] = (value) =>
  listOf(value)
    .map(oneOf("compact", "delete"))
    .find((problem) => problem !== undefined);
const replicas: ConfigKey["problem"] = (value) =>
  value === "*" || listOf(value).every((pair) => /^\d+:\d+$/.test(pair))
    ? undefined
    : "must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],...";
const never: ConfigKey["problem"] = (value) =>
  value === "true" ? "the embedded broker has no tiered storage" : undefined;

const forever = "9223372036854775807";

/** In the order in which they are listed. */
// biome-ignore format: one line a name, so that the table reads as a table
export const topicConfigKeys: Readonly<Record<string, ConfigKey>> = {
  "cleanup.policy": key("LIST", "delete", policies, "log.cleanup.policy"),
  "compression.gzip.level": key("INT", "-1", gzipLevel, "compression.gzip.level"),
  "compression.lz4.level": key("INT", "9", atLeast(1, 17), "compression.lz4.level"),
  "compression.type": key("STRING", "producer", oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"), "compression.type"),
  "compression.zstd.level": key("INT", "3", atLeast(-131_072, 22), "compression.zstd.level"),
  "delete.retention.ms": key("LONG", "86400000", atLeast(0), "log.cleaner.delete.retention.ms"),
  "errors.deadletterqueue.group.enable": key("BOOLEAN", "false", anything),
  "file.delete.delay.ms": key("LONG", "60000", atLeast(0), "log.segment.delete.delay.ms"),
  "flush.messages": key("LONG", forever, atLeast(1), "log.flush.interval.messages"),
  "flush.ms": key("LONG", forever, atLeast(0)),
  "follower.replication.throttled.replicas": key("LIST", "", replicas),
  "index.interval.bytes": key("INT", "4096", atLeast(0), "log.index.interval.bytes"),
  "leader.replication.throttled.replicas": key("LIST", "", replicas),
  "local.retention.bytes": key("LONG", "-2", atLeast(-2), "log.local.retention.bytes"),
  "local.retention.ms": key("LONG", "-2", atLeast(-2), "log.local.retention.ms"),
  "max.compaction.lag.ms": key("LONG", forever, atLeast(1), "log.cleaner.max.compaction.lag.ms"),
  "max.decompressed.message.bytes": key("INT", "67108864", atLeast(1), "max.decompressed.message.bytes"),
  "max.message.bytes": key("INT", "1048588", atLeast(0), "message.max.bytes"),
  "message.timestamp.after.max.ms": key("LONG", "3600000", atLeast(0), "log.message.timestamp.after.max.ms"),
  "message.timestamp.before.max.ms": key("LONG", forever, atLeast(0), "log.message.timestamp.before.max.ms"),
  "message.timestamp.type": key("STRING", "CreateTime", oneOf("CreateTime", "LogAppendTime"), "log.message.timestamp.type"),
  "min.cleanable.dirty.ratio": key("DOUBLE", "0.5", atLeast(0, 1), "log.cleaner.min.cleanable.ratio"),
  "min.compaction.lag.ms": key("LONG", "0", atLeast(0), "log.cleaner.min.compaction.lag.ms"),
  "min.insync.replicas": key("INT", "1", atLeast(1), "min.insync.replicas"),
  preallocate: key("BOOLEAN", "false", anything, "log.preallocate"),
  "remote.copy.lag.bytes": key("LONG", "-1", atLeast(-1), "log.remote.copy.lag.bytes"),
  "remote.copy.lag.ms": key("LONG", "0", atLeast(-1), "log.remote.copy.lag.ms"),
  "remote.log.copy.disable": key("BOOLEAN", "false", anything),
  "remote.log.delete.on.disable": key("BOOLEAN", "false", anything),
  "remote.storage.enable": key("BOOLEAN", "false", never),
  "retention.bytes": key("LONG", "-1", anything, "log.retention.bytes"),
  "retention.ms": key("LONG", "604800000", atLeast(-1)),
  "segment.bytes": key("INT", "67108864", atLeast(1_048_576), "log.segment.bytes"),
  "segment.index.bytes": key("INT", "10485760", atLeast(4), "log.index.size.max.bytes"),
  "segment.jitter.ms": key("LONG", "0", atLeast(0)),
  "segment.ms": key("LONG", "604800000", atLeast(1)),
  "unclean.leader.election.enable": key("BOOLEAN", "false", anything, "unclean.leader.election.enable"),
};

/** Accepted and not shown, as in Kafka: tests set it to have small segments. */
const internalKeys: Readonly<Record<string, ConfigKey>> = {
  "internal.segment.bytes": key("INT", "67108864", atLeast(14)),
};

export type TopicConfig = Readonly<Record<string, string>>;

/** Kafka's words for what is wrong with a configuration; undefined: nothing is. */
export function configProblem(config: Readonly<Record<string, string | null>>): string | undefined {
  for (const [name, value] of Object.entries(config)) {
    const known = topicConfigKeys[name] ?? internalKeys[name];
    if (known === undefined) return `Unknown topic config name: ${name}`;
    if (value === null) return `Null value not supported for topic configs: ${name}`;
    const problem = typeProblem(known.type, value.trim()) ?? known.problem(value.trim());
    if (problem !== undefined) return `Invalid value ${value} for configuration ${name}: ${problem}`;
  }
  const lag = (name: string): number => Number(config[name] ?? topicConfigKeys[name]?.value);
  const [least, most] = [lag("min.compaction.lag.ms"), lag("max.compaction.lag.ms")];
  return least > most
    ? `conflict topic config setting min.compaction.lag.ms (${least}) > max.compaction.lag.ms (${most})`
    : undefined;
}

/** A checked configuration as Kafka keeps and shows it: without spaces around values, no word of a list twice. */
export function normalConfig(config: TopicConfig): TopicConfig {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const { type } = (topicConfigKeys[name] ?? internalKeys[name]) as ConfigKey;
      if (type === "LIST") return [name, [...new Set(listOf(value))].join(",")];
      return [name, type === "BOOLEAN" ? value.trim().toLowerCase() : value.trim()];
    }),
  );
}

/** A checked configuration, defaults filled in. */
export function logConfig(config: TopicConfig): LogConfig {
  const text = (name: string): string => (config[name] ?? topicConfigKeys[name]?.value ?? "").trim();
  const number = (name: string): number => Number(text(name));
  const policy = listOf(text("cleanup.policy"));
  const compression = text("compression.type");
  return {
    isDeleted: policy.includes("delete"),
    isCompacted: policy.includes("compact"),
    deleteRetentionMs: number("delete.retention.ms"),
    maxCompactionLagMs: number("max.compaction.lag.ms"),
    minCleanableRatio: number("min.cleanable.dirty.ratio"),
    minCompactionLagMs: number("min.compaction.lag.ms"),
    compression: (compression === "uncompressed" ? "none" : compression) as LogConfig["compression"],
    flushMessages: number("flush.messages"),
    maxDecompressedBytes: number("max.decompressed.message.bytes"),
    maxMessageBytes: number("max.message.bytes"),
    retentionBytes: number("retention.bytes"),
    retentionMs: number("retention.ms"),
    segmentBytes: Number(config["internal.segment.bytes"] ?? number("segment.bytes")),
    segmentMs: number("segment.ms"),
    timestampAfterMaxMs: number("message.timestamp.after.max.ms"),
    timestampBeforeMaxMs: number("message.timestamp.before.max.ms"),
    usesAppendTime: text("message.timestamp.type") === "LogAppendTime",
  };
}

const bounds = { INT: 2n ** 31n, LONG: 2n ** 63n } as const;

function typeProblem(type: ConfigType, value: string): string | undefined {
  if (type === "BOOLEAN")
    return /^(true|false)$/i.test(value) ? undefined : "Expected value to be either true or false";
  if (type === "DOUBLE")
    return value !== "" && Number.isFinite(Number(value)) ? undefined : "Not a number of type DOUBLE";
  if (type !== "INT" && type !== "LONG") return undefined;
  const isNumber = /^[+-]?\d+$/.test(value) && BigInt(value) < bounds[type] && BigInt(value) >= -bounds[type];
  return isNumber ? undefined : `Not a number of type ${type}`;
}

function listOf(value: string): string[] {
  return value.trim() === "" ? [] : value.split(",").map((word) => word.trim());
}
