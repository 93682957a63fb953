import type { KafkaClient } from "../client/kafka-client.ts";
import type { BatchRecords } from "../consumer/range-reader.ts";
import { decodeHeaders, type RecordHeaders } from "../record-batch/record-headers.ts";
import type { ConsumerRecord, KafkaSourceOptions, NullValues, OffsetRange } from "../types.ts";
import { readRangeAsLeft } from "./overtaken-range.ts";
import { RecordFactory, type RecordOptions } from "./record-factory.ts";

type SourceOptions = RecordOptions &
  Pick<KafkaSourceOptions<any, any, NullValues>, "isolationLevel" | "onOffsetOutOfRange" | "maxDecompressedBytes">;

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
  const { isolationLevel = "read_committed", onOffsetOutOfRange = "fail", maxDecompressedBytes } = options;
  const reading = { isolationLevel, signal, ...(maxDecompressedBytes !== undefined && { maxDecompressedBytes }) };
  for await (const batch of readRangeAsLeft(client, range, reading, onOffsetOutOfRange)) {
    yield recordsOf(batch, range, factory);
  }
}

function recordsOf(
  { header, columns, from, until }: BatchRecords,
  { topic, partition }: OffsetRange,
  factory: RecordFactory,
): ConsumerRecord<unknown, unknown>[] {
  const records: ConsumerRecord<unknown, unknown>[] = [];
  for (let i = from; i < until; i++) {
    const offset = header.baseOffset + (columns.offsetDelta[i] as number);
    const timestamp =
      header.timestampType === "append"
        ? header.maxTimestamp
        : header.baseTimestamp + (columns.timestampDelta[i] as number);
    const headers =
      (columns.headerCount[i] as number) === 0
        ? noHeaders
        : copied(decodeHeaders(columns, i, { topic, partition, offset: header.baseOffset }));
    const record = factory.record(offset, timestamp, columns.key(i), columns.value(i), headers);
    if (record !== undefined) records.push(record);
  }
  return records;
}

function copied(headers: RecordHeaders): RecordHeaders {
  return headers.map(([name, value]) => [name, value === null ? null : new Uint8Array(value)] as const);
}
