import { createHash } from "node:crypto";
import { messageFields } from "./message-fields.ts";

/** A record as a producer made it, before the Kinesis Producer Library packed it together with others. */
export interface UserRecord {
  readonly partitionKey: string;
  /** Where in the stream's range of hash keys it belongs, in place of its partition key's hash: a decimal number of 128 bits. */
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
}

const magic = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
const digestLength = 16;

/**
 * The records that were packed together into this one, in order: magic number, protobuf message, MD5 of the message. Undefined for a
 * record that is not such a packet, or only begins like one.
 *
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
export function userRecordsOf(data: Uint8Array): readonly UserRecord[] | undefined {
  if (data.length < magic.length + digestLength || magic.some((byte, i) => data[i] !== byte)) return undefined;
  const message = data.subarray(magic.length, data.length - digestLength);
  if (Buffer.compare(createHash("md5").update(message).digest(), data.subarray(-digestLength)) !== 0) return undefined;
  try {
    return recordsOf(message);
  } catch {
    return undefined;
  }
}

/** AggregatedRecord: tables of partition keys (1) and explicit hash keys (2), records (3) that name them by their index. */
function recordsOf(message: Uint8Array): UserRecord[] {
  const partitionKeys: string[] = [];
  const hashKeys: string[] = [];
  const records: PackedRecord[] = [];
  for (const { number, value } of messageFields(message)) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === 1) partitionKeys.push(utf8(value));
    else if (number === 2) hashKeys.push(utf8(value));
    else if (number === 3) records.push(packedRecord(value));
  }
  if (!hashKeys.every((key) => /^\d{1,39}$/.test(key))) throw new RangeError("not a hash key");
  return records.map(({ partitionKey, hashKey, data }) => ({
    partitionKey: at(partitionKeys, partitionKey),
    explicitHashKey: hashKey === undefined ? undefined : at(hashKeys, hashKey),
    data,
  }));
}

interface PackedRecord {
  readonly partitionKey: number;
  readonly hashKey: number | undefined;
  readonly data: Uint8Array;
}

/** Record: indices of its partition key (1) and its explicit hash key (2), its data (3), and tags. */
function packedRecord(message: Uint8Array): PackedRecord {
  let partitionKey = 0;
  let hashKey: number | undefined;
  let data = new Uint8Array();
  for (const { number, value } of messageFields(message)) {
    if (number === 1 && typeof value === "number") partitionKey = value;
    else if (number === 2 && typeof value === "number") hashKey = value;
    else if (number === 3 && value instanceof Uint8Array) data = new Uint8Array(value);
  }
  return { partitionKey, hashKey, data };
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

function at(table: readonly string[], index: number): string {
  const key = table[index];
  if (key === undefined) throw new RangeError(`no key ${index}`);
  return key;
}
