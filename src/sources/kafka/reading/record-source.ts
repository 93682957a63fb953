import type { KafkaClient } from "../../../kafka/client/kafka-client.ts";
import { readRangeAsLeft } from "../../../kafka/consumer/overtaken-range.ts";
import type { BatchRecords } from "../../../kafka/consumer/range-reader.ts";
import { ReadingNotes } from "../../../kafka/consumer/reading-notes.ts";
import { defaultMaxDecompressedBytes } from "../../../kafka/record-batch/batch-reader.ts";
import type { RecordColumns } from "../../../kafka/record-batch/record-columns.ts";
import { decodeHeaders, type RecordHeaders } from "../../../kafka/record-batch/record-headers.ts";
import { TextReader } from "../../../kafka/record-batch/text-reader.ts";
import type {
  ConsumerRecord,
  KafkaSourceOptions,
  NullValues,
  OffsetRange,
  PlannedRange,
} from "../../../kafka/types.ts";
import { deserializers, mayKeepBytes } from "./deserializers.ts";
import { isRecordOfText, RecordFactory, type RecordOptions } from "./record-factory.ts";

type ReadingOptions = "isolationLevel" | "maxDecompressedBytes" | "onCorruptBatch";
type SourceOptions = RecordOptions &
  Pick<KafkaSourceOptions<any, any, NullValues>, ReadingOptions | "onOffsetOutOfRange" | "onLogTruncation">;

const noHeaders: RecordHeaders = [];

/** Small enough that the garbage collector finds most records dead before it has moved them. */
const chunkRecordsMax = 1024;

/**
 * The records of a range as objects, some of one batch at a time. Null values and what can't be deserialized are treated as the
 * options say. Nothing in a record refers to the response it came in, except what a deserializer of the program keeps.
 *
 * @throws NULL_VALUE, DESERIALIZATION_FAILED, and what `readRange` throws.
 */
export async function* readRecords(
  client: KafkaClient,
  range: PlannedRange,
  options: SourceOptions,
  signal: AbortSignal,
  notes: ReadingNotes = new ReadingNotes(),
): AsyncGenerator<ConsumerRecord<unknown, unknown>[]> {
  const { keyDeserializer = deserializers.string, valueDeserializer = deserializers.string } = options;
  const factory = new RecordFactory(range, options);
  const source = new RecordChunks(range, factory, isRecordOfText(options));
  const { isolationLevel = "read_committed", onOffsetOutOfRange = "fail", onLogTruncation = "fail" } = options;
  const keepsBytes = mayKeepBytes(keyDeserializer) || mayKeepBytes(valueDeserializer);
  const { maxDecompressedBytes = defaultMaxDecompressedBytes, onCorruptBatch = "fail" } = options;
  const skipping = onCorruptBatch === "skip" ? { onSkippedBatch: notes.skipped.bind(notes) } : {};
  const reading = { isolationLevel, signal, keepsBytes, maxDecompressedBytes, ...skipping };
  const truncated = notes.truncated.bind(notes);
  for await (const batch of readRangeAsLeft(client, range, reading, {
    onOffsetOutOfRange,
    onLogTruncation,
    truncated,
  })) {
    if (batch.columns.passedOver > 0) notes.passedOver(range, batch.header.baseOffset, batch.columns.passedOver);
    for (let from = batch.from; from < batch.until; from += chunkRecordsMax) {
      const until = Math.min(batch.until, from + chunkRecordsMax);
      const records = source.chunk({ ...batch, from, until });
      notes.bytes += spanOf(batch.columns, from, until);
      await factory.handled();
      yield records;
    }
  }
}

/** Bytes from the first key to the last value of records that stand together. */
function spanOf({ keyStart, valueStart, valueLength }: RecordColumns, from: number, until: number): number {
  const last = until - 1;
  return (valueStart[last] as number) + Math.max(0, valueLength[last] as number) - (keyStart[from] as number);
}

class RecordChunks {
  readonly #range: OffsetRange;
  readonly #factory: RecordFactory;
  readonly #text: TextReader | undefined;

  constructor(range: OffsetRange, factory: RecordFactory, isText: boolean) {
    this.#range = range;
    this.#factory = factory;
    this.#text = isText ? new TextReader() : undefined;
  }

  chunk(batch: BatchRecords): ConsumerRecord<unknown, unknown>[] {
    const { header, columns, until } = batch;
    const isAppendTime = header.timestampType === "append";
    const records: ConsumerRecord<unknown, unknown>[] = [];
    for (let i = batch.from; i < until; i++) {
      const offset = header.baseOffset + (columns.offsetDelta[i] as number);
      const timestamp = isAppendTime
        ? header.maxTimestamp
        : header.baseTimestamp + (columns.timestampDelta[i] as number);
      const headers = (columns.headerCount[i] as number) === 0 ? noHeaders : this.#headers(batch, i);
      const record =
        this.#text !== undefined && (columns.valueLength[i] as number) >= 0
          ? this.#textRecord(this.#text, columns, i, offset, timestamp, headers)
          : this.#factory.record(offset, timestamp, columns.key(i), columns.value(i), headers);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** Text needs neither views of its bytes nor the care for what fails: it can always be read. */
  #textRecord(
    text: TextReader,
    { bytes, keyStart, keyLength, valueStart, valueLength }: RecordColumns,
    i: number,
    offset: number,
    timestamp: number,
    headers: RecordHeaders,
  ): ConsumerRecord<string, string> {
    const { topic, partition } = this.#range;
    const keySize = keyLength[i] as number;
    const key = keySize < 0 ? null : text.read(bytes, keyStart[i] as number, keySize);
    const value = text.read(bytes, valueStart[i] as number, valueLength[i] as number);
    return { topic, partition, offset, timestamp, key, value, headers };
  }

  #headers({ header, columns }: BatchRecords, i: number): RecordHeaders {
    const { topic, partition } = this.#range;
    return copied(decodeHeaders(columns, i, { topic, partition, offset: header.baseOffset }));
  }
}

function copied(headers: RecordHeaders): RecordHeaders {
  return headers.map(([name, value]) => [name, value === null ? null : new Uint8Array(value)] as const);
}
