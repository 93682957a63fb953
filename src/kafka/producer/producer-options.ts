import { checkOptionNames, invalidOption } from "../../errors/check-options.ts";
import { parseBrokers } from "../client/broker-address.ts";
import { checkConnection } from "../client/check-connection.ts";
import { type CompressionName, codecs } from "../compression/codec.ts";
import { batchHeaderBytes } from "../record-batch/batch-header.ts";
import type { KafkaConnection } from "../types.ts";

/** Options of KafkaProducer. */
export interface KafkaProducerOptions extends KafkaConnection {
  readonly brokers: readonly string[];
  /** How long a record waits for others to share its batch, in milliseconds. Default 5. */
  readonly lingerMs?: number;
  /** Size of a batch before compression, in bytes. Default 1 MiB, what a broker accepts unless told otherwise. */
  readonly batchBytesMax?: number;
  /** Default "none". */
  readonly compression?: CompressionName;
  /** Records not yet acknowledged, in bytes, from which on `append` asks to wait. Default 32 MiB. */
  readonly bufferBytesMax?: number;
  /** How long a record may take from `send` to its acknowledgement, retries included, in milliseconds. Default 120,000. */
  readonly deliveryTimeoutMs?: number;
  /** Pause before the first retry, in milliseconds; doubled with each further one up to 1,000. Default 100. */
  readonly retryBackoffMs?: number;
}

/** The options that decide how batches are made and sent, with their defaults. */
export interface ProducerSettings {
  readonly lingerMs: number;
  readonly batchBytesMax: number;
  readonly compression: CompressionName;
  readonly bufferBytesMax: number;
  readonly deliveryTimeoutMs: number;
  readonly retryBackoffMs: number;
}

const defaults: ProducerSettings = {
  lingerMs: 5,
  batchBytesMax: 1024 * 1024,
  compression: "none",
  bufferBytesMax: 32 * 1024 * 1024,
  deliveryTimeoutMs: 120_000,
  retryBackoffMs: 100,
};

const names = ["brokers", "clientId", "tls", "sasl", ...Object.keys(defaults)];
/** Kafka counts a batch's bytes in 31 bits; no broker takes as much. */
const batchBytesLimit = 1024 * 1024 * 1024;

/** @throws UNKNOWN_OPTION, INVALID_OPTION */
export function producerSettings(options: KafkaProducerOptions): ProducerSettings {
  checkOptionNames("KafkaProducer", options, names);
  parseBrokers(options.brokers);
  checkConnection(options);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: ProducerSettings = { ...defaults, ...given };
  if (!Object.hasOwn(codecs, settings.compression)) {
    throw invalidOption("compression", settings.compression, `one of ${Object.keys(codecs).join(", ")}`);
  }
  checkRange("lingerMs", settings.lingerMs, 0, 60_000);
  checkRange("batchBytesMax", settings.batchBytesMax, 2 * batchHeaderBytes, batchBytesLimit);
  checkRange("bufferBytesMax", settings.bufferBytesMax, 1, Number.MAX_SAFE_INTEGER);
  checkRange("deliveryTimeoutMs", settings.deliveryTimeoutMs, 1, 2 ** 31 - 1);
  checkRange("retryBackoffMs", settings.retryBackoffMs, 1, 60_000);
  return settings;
}

function checkRange(option: string, value: number, least: number, most: number): void {
  if (!Number.isFinite(value) || value < least || value > most) {
    throw invalidOption(option, value, `a number from ${least} to ${most}`);
  }
}
