import { checkOptionNames, invalidOption } from "../../errors/checks/check-options.ts";
import type { runtimeKey } from "../../runtime/job-runtime.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
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
  /** @internal What the producer has of the world in place of the process's own: for simulations of several processes in one. */
  readonly [runtimeKey]?: Partial<Machine>;
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

/** What options are called where the program gives them, for messages. */
export type OptionNames = Readonly<Record<"batchBytesMax" | "deliveryTimeoutMs", string>>;

const names = ["brokers", "clientId", "tls", "sasl", ...Object.keys(defaults)];
/** Kafka counts a batch's bytes in 31 bits; no broker takes as much. */
const batchBytesLimit = 1024 * 1024 * 1024;

/** @throws UNKNOWN_OPTION, INVALID_OPTION */
export function producerSettings(options: KafkaProducerOptions): ProducerSettings {
  checkOptionNames("KafkaProducer", options, names);
  parseBrokers(options.brokers);
  checkConnection(options);
  return checkSettings(options);
}

/** Given settings over the defaults. */
export function settingsWith(given: Partial<ProducerSettings>): ProducerSettings {
  const own = Object.keys(defaults) as (keyof ProducerSettings)[];
  const entries = own.map((name) => [name, given[name] === undefined ? defaults[name] : given[name]]);
  return Object.fromEntries(entries) as unknown as ProducerSettings;
}

/** `prefix`: what the names of options begin with where the program gives them. @throws INVALID_OPTION */
export function checkSettings(given: Partial<ProducerSettings>, prefix = ""): ProducerSettings {
  const settings = settingsWith(given);
  const { compression } = settings;
  if (typeof compression !== "string" || !Object.hasOwn(codecs, compression)) {
    throw invalidOption(`${prefix}compression`, compression, `one of ${Object.keys(codecs).join(", ")}`);
  }
  const checkRange = (option: Exclude<keyof ProducerSettings, "compression">, least: number, most: number): void => {
    const value = settings[option];
    if (Number.isFinite(value) && value >= least && value <= most) return;
    throw invalidOption(`${prefix}${option}`, value, `a number from ${least} to ${most}`);
  };
  checkRange("lingerMs", 0, 60_000);
  checkRange("batchBytesMax", 2 * batchHeaderBytes, batchBytesLimit);
  if (!Number.isInteger(settings.batchBytesMax)) {
    throw invalidOption(`${prefix}batchBytesMax`, settings.batchBytesMax, "a whole number of bytes");
  }
  checkRange("bufferBytesMax", 1, Number.MAX_SAFE_INTEGER);
  checkRange("deliveryTimeoutMs", 1, 2 ** 31 - 1);
  checkRange("retryBackoffMs", 1, 60_000);
  return settings;
}
