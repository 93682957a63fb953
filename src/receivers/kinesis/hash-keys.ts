import { createHash } from "node:crypto";

/** The part of a stream's range of hash keys, 0 to 2^128 − 1, whose records a shard gets; both ends belong to it. */
export interface HashKeyRange {
  readonly first: bigint;
  readonly last: bigint;
}

export const allHashKeys: HashKeyRange = { first: 0n, last: (1n << 128n) - 1n };

/** Where Kinesis puts a record: the MD5 of its partition key, as a number. @see PutRecord in the API reference of Kinesis */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash("md5").update(partitionKey).digest("hex")}`);
}

export function isWithin({ first, last }: HashKeyRange, hashKey: bigint): boolean {
  return first <= hashKey && hashKey <= last;
}
