import { createHash } from "node:crypto";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

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
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) partitionKeys.push(reader.string());
    else if (field === 2 && wireType === WireType.LengthDelimited) hashKeys.push(reader.string());
    else if (field === 3 && wireType === WireType.LengthDelimited) records.push(packedRecord(reader.bytes()));
    else reader.skip(wireType, field);
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
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.Varint) partitionKey = Number(reader.uint64());
    else if (field === 2 && wireType === WireType.Varint) hashKey = Number(reader.uint64());
    else if (field === 3 && wireType === WireType.LengthDelimited) data = new Uint8Array(reader.bytes());
    else reader.skip(wireType, field);
  }
  return { partitionKey, hashKey, data };
}

function at(table: readonly string[], index: number): string {
  const key = table[index];
  if (key === undefined) throw new RangeError(`no key ${index}`);
  return key;
}
