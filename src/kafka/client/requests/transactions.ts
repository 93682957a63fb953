import { checkOffset } from "../../check-offset.ts";
import type { ProducerEpoch } from "../../producer/producer-network.ts";
import type { ByteReader } from "../../protocol/byte-reader.ts";
import { readTopics, writeTopics } from "../../protocol/topic-partitions.ts";
import type { TopicPartition } from "../../types.ts";
import type { RequestType } from "../broker-connection.ts";
import type { GroupOffset } from "./groups.ts";

// The requests of a transaction in the classic protocol: its partitions and groups are named before anything is written to them.

interface InTransaction extends ProducerEpoch {
  readonly transactionalId: string;
}

/** Kafka's error codes, one for each partition asked for; one for the whole answer of requests without partitions. */
type ErrorCodes = readonly number[];

export const addPartitionsToTxnRequest: RequestType<
  InTransaction & { readonly partitions: readonly TopicPartition[] },
  ErrorCodes
> = {
  api: "addPartitionsToTxn",
  version: 3,
  write: (writer, { transactionalId, producerId, producerEpoch, partitions }) => {
    writer.string(transactionalId).int64(producerId).int16(producerEpoch);
    const topics = [...new Set(partitions.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: partitions.filter((at) => at.topic === topic),
    }));
    writeTopics(writer, topics, ({ partition }) => writer.int32(partition));
    writer.tags();
  },
  read: codesOfPartitions,
};

export const addOffsetsToTxnRequest: RequestType<InTransaction & { readonly group: string }, ErrorCodes> = {
  api: "addOffsetsToTxn",
  version: 3,
  write: (writer, { transactionalId, producerId, producerEpoch, group }) => {
    writer.string(transactionalId).int64(producerId).int16(producerEpoch).string(group).tags();
  },
  read: codeOfAnswer,
};

/** An offset of a group that nobody has joined: generation −1 and no member. */
export const txnOffsetCommitRequest: RequestType<
  InTransaction & { readonly group: string; readonly offset: GroupOffset },
  ErrorCodes
> = {
  api: "txnOffsetCommit",
  version: 3,
  write: (writer, { transactionalId, group, producerId, producerEpoch, offset }) => {
    writer.string(transactionalId).string(group).int64(producerId).int16(producerEpoch);
    writer.int32(-1).string("").string(null);
    const { topic, partition, metadata = "" } = offset;
    writeTopics(writer, [{ topic, partitions: [partition] }], () => {
      const at = checkOffset(offset.offset, { topic, partition });
      writer.int32(partition).int64(at).int32(-1).string(metadata).tags();
    });
    writer.tags();
  },
  read: codesOfPartitions,
};

export const endTxnRequest: RequestType<InTransaction & { readonly isCommit: boolean }, ErrorCodes> = {
  api: "endTxn",
  version: 3,
  write: (writer, { transactionalId, producerId, producerEpoch, isCommit }) => {
    writer.string(transactionalId).int64(producerId).int16(producerEpoch).boolean(isCommit).tags();
  },
  read: codeOfAnswer,
};

/** After the time of throttling, a code for each partition that was asked for. */
function codesOfPartitions(reader: ByteReader): ErrorCodes {
  reader.int32();
  const topics = readTopics(reader, () => {
    reader.int32();
    const errorCode = reader.int16();
    reader.tags();
    return errorCode;
  });
  return topics.flatMap(({ partitions }) => partitions);
}

/** After the time of throttling, one code. */
function codeOfAnswer(reader: ByteReader): ErrorCodes {
  reader.int32();
  return [reader.int16()];
}
