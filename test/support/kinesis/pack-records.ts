import { createHash } from "node:crypto";
import protobuf from "protobufjs";

export interface PackableRecord {
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  readonly data: string;
}

const { root } = protobuf.parse(`
  syntax = "proto2";
  message Tag { required string key = 1; optional string value = 2; }
  message Record {
    required uint64 partition_key_index = 1;
    optional uint64 explicit_hash_key_index = 2;
    required bytes data = 3;
    repeated Tag tags = 4;
  }
  message AggregatedRecord {
    repeated string partition_key_table = 1;
    repeated string explicit_hash_key_table = 2;
    repeated Record records = 3;
  }
`);
const AggregatedRecord = root.lookupType("AggregatedRecord");

/** One record of many, as the Kinesis Producer Library packs them. */
export function packRecords(records: readonly PackableRecord[]): Buffer {
  const partitionKeyTable = [...new Set(records.map(({ partitionKey }) => partitionKey))];
  const explicitHashKeyTable = [...new Set(records.flatMap(({ explicitHashKey = [] }) => explicitHashKey))];
  const message = AggregatedRecord.encode({
    partitionKeyTable,
    explicitHashKeyTable,
    records: records.map(({ partitionKey, explicitHashKey, data }) => ({
      partitionKeyIndex: partitionKeyTable.indexOf(partitionKey),
      ...(explicitHashKey !== undefined && { explicitHashKeyIndex: explicitHashKeyTable.indexOf(explicitHashKey) }),
      data: Buffer.from(data),
      tags: [{ key: "of a test" }],
    })),
  }).finish();
  return sealed(message);
}

/** With magic number and digest. */
export function sealed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from("f3899ac2", "hex"), message, createHash("md5").update(message).digest()]);
}
