import { kafkaErrors } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../src/kafka/protocol/topic-partitions.ts";
import { whenReady } from "./data-requests.ts";
import type { WireConnection } from "./wire-connection.ts";

// Requests of producers about their identity and transactions. Those that a broker answers with "not yet" are asked again.

export interface Identity {
  readonly errorCode: number;
  readonly producerId: number;
  readonly epoch: number;
}

export function initProducerId(
  wire: WireConnection,
  transactionalId: string | null,
  options: {
    readonly timeoutMs?: number;
    readonly present?: { readonly producerId: number; readonly epoch: number };
    readonly version?: number;
  } = {},
): Promise<Identity> {
  const { timeoutMs = 60_000, present = { producerId: -1, epoch: -1 }, version = 4 } = options;
  return whenReady(async () => {
    const answer = await wire.request("initProducerId", version, (writer) => {
      writer.string(transactionalId).int32(timeoutMs);
      if (version >= 3) writer.int64(present.producerId).int16(present.epoch);
      writer.tags();
    });
    answer.int32();
    return { errorCode: answer.int16(), producerId: answer.int64(), epoch: answer.int16() };
  });
}

export async function addPartitions(
  wire: WireConnection,
  transactionalId: string,
  { producerId, epoch }: { readonly producerId: number; readonly epoch: number },
  partitions: readonly (readonly [string, number])[],
  version = 3,
): Promise<readonly number[]> {
  const { codes } = await whenReady(async () => {
    const answer = await wire.request("addPartitionsToTxn", version, (writer) => {
      writer.string(transactionalId).int64(producerId).int16(epoch);
      const topics = partitions.map(([topic, partition]) => ({ topic, partitions: [partition] }));
      writeTopics(writer, topics, (partition) => writer.int32(partition));
      writer.tags();
    });
    answer.int32();
    const topics = readTopics(answer, (topic) => {
      const result = { topic, partition: answer.int32(), errorCode: answer.int16() };
      answer.tags();
      return result;
    });
    const results = topics.flatMap((topic) => topic.partitions);
    const ordered = partitions.map(
      ([topic, partition]) =>
        results.find((result) => result.topic === topic && result.partition === partition)?.errorCode ?? -1,
    );
    const isConcurrent = ordered.includes(kafkaErrors.CONCURRENT_TRANSACTIONS.code);
    return { errorCode: isConcurrent ? kafkaErrors.CONCURRENT_TRANSACTIONS.code : 0, codes: ordered };
  });
  return codes;
}

export async function addOffsets(
  wire: WireConnection,
  transactionalId: string,
  { producerId, epoch }: { readonly producerId: number; readonly epoch: number },
  group: string,
): Promise<number> {
  const { errorCode } = await whenReady(async () => {
    const answer = await wire.request("addOffsetsToTxn", 3, (writer) =>
      writer.string(transactionalId).int64(producerId).int16(epoch).string(group).tags(),
    );
    answer.int32();
    return { errorCode: answer.int16() };
  });
  return errorCode;
}

export async function endTxn(
  wire: WireConnection,
  transactionalId: string,
  { producerId, epoch }: { readonly producerId: number; readonly epoch: number },
  isCommit: boolean,
  version = 3,
): Promise<number> {
  const { errorCode } = await whenReady(async () => {
    const answer = await wire.request("endTxn", version, (writer) =>
      writer.string(transactionalId).int64(producerId).int16(epoch).boolean(isCommit).tags(),
    );
    answer.int32();
    return { errorCode: answer.int16() };
  });
  return errorCode;
}

export async function txnOffsetCommit(
  wire: WireConnection,
  transactionalId: string,
  { producerId, epoch }: { readonly producerId: number; readonly epoch: number },
  group: string,
  offset: { readonly topic: string; readonly offset: number; readonly metadata?: string },
  claim: { readonly generation: number; readonly memberId: string } = { generation: -1, memberId: "" },
): Promise<number> {
  const { errorCode } = await whenReady(async () => {
    const answer = await wire.request("txnOffsetCommit", 3, (writer) => {
      writer.string(transactionalId).string(group).int64(producerId).int16(epoch);
      writer.int32(claim.generation).string(claim.memberId).string(null);
      writeTopics(writer, [{ topic: offset.topic, partitions: [offset.offset] }], (at) =>
        writer
          .int32(0)
          .int64(at)
          .int32(-1)
          .string(offset.metadata ?? "")
          .tags(),
      );
      writer.tags();
    });
    answer.int32();
    const topics = readTopics(answer, () => {
      answer.int32();
      const code = answer.int16();
      answer.tags();
      return code;
    });
    return { errorCode: topics[0]?.partitions[0] as number };
  });
  return errorCode;
}

export interface DescribedTransaction {
  readonly errorCode: number;
  readonly state: string;
  readonly timeoutMs: number;
  readonly startMs: number;
  readonly producerId: number;
  readonly epoch: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

export async function describeTransaction(
  wire: WireConnection,
  transactionalId: string,
): Promise<DescribedTransaction> {
  const answer = await wire.request("describeTransactions", 0, (writer) =>
    writer.array([transactionalId], (id) => writer.string(id)).tags(),
  );
  answer.int32();
  const [transaction] = answer.array(() => {
    const errorCode = answer.int16();
    answer.string();
    const [state, timeoutMs, startMs] = [answer.string(), answer.int32(), answer.int64()];
    const [producerId, epoch] = [answer.int64(), answer.int16()];
    const topics = readTopics(answer, () => answer.int32());
    answer.tags();
    return { errorCode, state, timeoutMs, startMs, producerId, epoch, topics };
  });
  return transaction as DescribedTransaction;
}

/** "id state" of each transaction, and the states that the broker does not know. */
export async function listTransactions(
  wire: WireConnection,
  { states = [], producerIds = [] }: { readonly states?: readonly string[]; readonly producerIds?: readonly number[] },
): Promise<{ readonly lines: readonly string[]; readonly unknownStates: readonly string[] }> {
  const answer = await wire.request("listTransactions", 0, (writer) => {
    writer.array(states, (state) => writer.string(state));
    writer.array(producerIds, (producerId) => writer.int64(producerId)).tags();
  });
  answer.int32();
  answer.int16();
  const unknownStates = answer.array(() => answer.string());
  const lines = answer.array(() => {
    const id = answer.string();
    answer.int64();
    const line = `${id} ${answer.string()}`;
    answer.tags();
    return line;
  });
  return { lines, unknownStates };
}

export interface DescribedProducer {
  readonly producerId: number;
  readonly epoch: number;
  readonly lastSequence: number;
  readonly coordinatorEpoch: number;
  readonly openOffset: number;
}

export async function describeProducers(
  wire: WireConnection,
  topic: string,
): Promise<{ readonly errorCode: number; readonly producers: readonly DescribedProducer[] }> {
  const answer = await wire.request("describeProducers", 0, (writer) => {
    writeTopics(writer, [{ topic, partitions: [0] }], (partition) => writer.int32(partition));
    writer.tags();
  });
  answer.int32();
  const topics = readTopics(answer, () => {
    answer.int32();
    const errorCode = answer.int16();
    answer.nullableString();
    const producers = answer.array(() => {
      const [producerId, epoch, lastSequence] = [answer.int64(), answer.int32(), answer.int32()];
      answer.int64();
      const coordinatorEpoch = answer.int32();
      const openOffset = answer.int64();
      answer.tags();
      return { producerId, epoch, lastSequence, coordinatorEpoch, openOffset };
    });
    answer.tags();
    return { errorCode, producers };
  });
  return topics[0]?.partitions[0] as { errorCode: number; producers: DescribedProducer[] };
}
