import type { RecordHeaders } from "../../../kafka/record-batch/record-headers.ts";
import type { ConsumerRecord, OffsetRange } from "../../../kafka/types.ts";
import { isRecordOfText, RecordFactory, type RecordOptions } from "../../../sources/kafka/reading/record-factory.ts";
import type { ArrowBatch } from "../arrow/read/arrow-batch.ts";
import type { ArrowColumn } from "../arrow/read/arrow-column.ts";

const noHeaders: RecordHeaders = [];

/**
 * The records of rows `from` to `until` of what Spark read from one Kafka partition, by the rules of every cluster. Resolves when
 * the program's handlers are done with those that they got.
 */
export async function readArrowRecords(
  batch: ArrowBatch,
  from: number,
  until: number,
  range: OffsetRange,
  options: RecordOptions,
): Promise<ConsumerRecord<unknown, unknown>[]> {
  const factory = new RecordFactory(range, options);
  const offsets = batch.column("offset");
  const timestamps = batch.column("timestamp");
  const keys = batch.column("key");
  const values = batch.column("value");
  const headers = batch.column("headers");
  const records: ConsumerRecord<unknown, unknown>[] = [];
  const isText = isRecordOfText(options);
  const { topic, partition } = range;
  for (let i = from; i < until; i++) {
    if (isText && !values.isNull(i)) {
      // Text needs neither views of its bytes nor the care for what fails: it can always be read.
      const key = keys.isNull(i) ? null : keys.text(i);
      const [offset, timestamp] = [offsets.int(i), timestamps.int(i)];
      records.push({ topic, partition, offset, timestamp, key, value: values.text(i), headers: headersOf(headers, i) });
      continue;
    }
    const record = factory.record(
      offsets.int(i),
      timestamps.int(i),
      keys.isNull(i) ? null : keys.bytes(i),
      values.isNull(i) ? null : values.bytes(i),
      headersOf(headers, i),
    );
    if (record !== undefined) records.push(record);
  }
  await factory.handled();
  return records;
}

function headersOf(headers: ArrowColumn, row: number): RecordHeaders {
  if (headers.isNull(row) || headers.from(row) === headers.until(row)) return noHeaders;
  const names = headers.children.column("key");
  const values = headers.children.column("value");
  return Array.from({ length: headers.until(row) - headers.from(row) }, (_, i) => {
    const item = headers.from(row) + i;
    return [names.text(item), values.isNull(item) ? null : new Uint8Array(values.bytes(item))] as const;
  });
}
