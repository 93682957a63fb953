import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import { unknownEpochEnd } from "../../log/leader-epochs.ts";
import type { Handler } from "../handler.ts";
import { leaderProblem } from "./leader-epoch.ts";

/** Where the records of a leader's epoch end. */
export const offsetForLeaderEpoch: Handler = ({ broker, reader, writer, version }) => {
  if (version >= 3) reader.int32();
  const topics = readTopics(reader, () => {
    const partition = reader.int32();
    const believed = reader.int32();
    const asked = reader.int32();
    reader.tags();
    return { partition, believed, asked };
  });
  reader.tags();
  const results = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, believed, asked }) => {
      const log = broker.topics.partition(topic, partition);
      const errorCode = log === undefined ? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code : leaderProblem(believed, log);
      const end = log !== undefined && errorCode === 0 ? log.epochs.endOf(asked, log.endOffset) : unknownEpochEnd;
      return { partition, errorCode, ...end };
    }),
  }));
  writer.int32(0);
  writeTopics(writer, results, ({ partition, errorCode, epoch, endOffset }) =>
    writer.int16(errorCode).int32(partition).int32(epoch).int64(endOffset).tags(),
  );
  writer.tags();
  return undefined;
};
