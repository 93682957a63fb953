import { DStreamError } from "../../errors/dstream-error.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import { type BatchRecords, readRange } from "../consumer/range-reader.ts";
import { decodeHeaders, type RecordHeaders } from "../record-batch/record-headers.ts";
import type { ConsumerRecord, Deserializer, KafkaSourceOptions, NullValues, OffsetRange } from "../types.ts";
import { deserializers } from "./deserializers.ts";

type SourceOptions = Pick<
  KafkaSourceOptions<any, any, NullValues>,
  "isolationLevel" | "keyDeserializer" | "valueDeserializer" | "nullValues" | "onDeserializationError"
>;

const noHeaders: RecordHeaders = [];

/**
 * The records of a range as objects, an array for each batch. Null values and what can't be deserialized are treated as the
 * options say. Nothing in a record refers to the response it came in.
 *
 * @throws NULL_VALUE, DESERIALIZATION_FAILED, and what `readRange` throws.
 */
export async function* readRecords(
  client: KafkaClient,
  range: OffsetRange,
  options: SourceOptions,
  signal: AbortSignal,
): AsyncGenerator<ConsumerRecord<unknown, unknown>[]> {
  const factory = new RecordFactory(range, options);
  const isolationLevel = options.isolationLevel ?? "read_committed";
  for await (const batch of readRange(client, range, { isolationLevel, signal })) yield factory.records(batch);
}

class RecordFactory {
  readonly #range: OffsetRange;
  readonly #options: SourceOptions;
  readonly #keyDeserializer: Deserializer<unknown>;
  readonly #valueDeserializer: Deserializer<unknown>;

  constructor(range: OffsetRange, options: SourceOptions) {
    this.#range = range;
    this.#options = options;
    this.#keyDeserializer = options.keyDeserializer ?? deserializers.string;
    this.#valueDeserializer = options.valueDeserializer ?? deserializers.string;
  }

  records(batch: BatchRecords): ConsumerRecord<unknown, unknown>[] {
    const records: ConsumerRecord<unknown, unknown>[] = [];
    for (let i = batch.from; i < batch.until; i++) {
      const record = this.#record(batch, i);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  #record(batch: BatchRecords, i: number): ConsumerRecord<unknown, unknown> | undefined {
    const { header, columns } = batch;
    const { topic, partition } = this.#range;
    const offset = header.baseOffset + (columns.offsetDelta[i] as number);
    const timestamp =
      header.timestampType === "append"
        ? header.maxTimestamp
        : header.baseTimestamp + (columns.timestampDelta[i] as number);
    const valueBytes = columns.value(i);
    if (valueBytes === null && this.#options.nullValues !== "keep") {
      if (this.#options.nullValues === "skip") return undefined;
      throw new DStreamError(
        "NULL_VALUE",
        `the record at ${topic}-${partition} offset ${offset} has no value; choose nullValues "skip" or "keep"`,
        {
          data: { topic, partition, offset, option: "nullValues" },
        },
      );
    }
    const headers =
      (columns.headerCount[i] as number) === 0
        ? noHeaders
        : copied(decodeHeaders(columns, i, { topic, partition, offset: header.baseOffset }));
    const keyBytes = columns.key(i);
    const at = { topic, partition, offset };
    try {
      const key = keyBytes === null ? null : this.#keyDeserializer(keyBytes, at);
      const value = valueBytes === null ? null : this.#valueDeserializer(valueBytes, at);
      return { topic, partition, offset, timestamp, key, value, headers };
    } catch (error) {
      const key = keyBytes === null ? null : new Uint8Array(keyBytes);
      const value = valueBytes === null ? null : new Uint8Array(valueBytes);
      return this.#refused({ topic, partition, offset, timestamp, key, value, headers }, error);
    }
  }

  /** Fails, or leaves the record out and tells the program's handler. */
  #refused(raw: ConsumerRecord<Uint8Array, Uint8Array | null>, cause: unknown): undefined {
    const { topic, partition, offset } = raw;
    const text = `the record at ${topic}-${partition} offset ${offset} cannot be deserialized; correct the deserializer or choose onDeserializationError`;
    const error = new DStreamError("DESERIALIZATION_FAILED", text, { cause, data: { topic, partition, offset } });
    const policy = this.#options.onDeserializationError ?? "fail";
    if (policy === "fail") throw error;
    if (typeof policy === "function") policy(raw, error);
    return undefined;
  }
}

function copied(headers: RecordHeaders): RecordHeaders {
  return headers.map(([name, value]) => [name, value === null ? null : new Uint8Array(value)] as const);
}
