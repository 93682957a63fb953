// A broker's side of produce requests for tests: keeps logs in memory and judges sequence numbers as a broker does.
import { setImmediate as turn } from "node:timers/promises";
import { DStreamError } from "../../src/errors/dstream-error.ts";
import type {
  PartitionRecords,
  PartitionResult,
  ProduceRequest,
  ProducerNetwork,
} from "../../src/kafka/producer/producer-network.ts";
import { kafkaErrors } from "../../src/kafka/protocol/kafka-error-codes.ts";
import { type BatchHeader, readBatchHeader } from "../../src/kafka/record-batch/batch-header.ts";
import { decodeBatches } from "../../src/kafka/record-batch/batch-reader.ts";

/** What goes wrong with one request: an error code instead of appending, the answer lost, or the request lost. */
export type Fault = keyof typeof kafkaErrors | "lose answer" | "lose request";

interface Log {
  readonly values: string[];
  readonly batches: { readonly header: BatchHeader; readonly baseOffset: number }[];
}

export class TestNetwork implements ProducerNetwork {
  readonly logs = new Map<string, Log>();
  /** Taken from the front, one a request; undefined for none. */
  readonly faults: (Fault | undefined)[] = [];
  readonly requests: { readonly node: number; readonly batches: number; readonly at: number }[] = [];
  readonly leaders = new Map<number, number>();
  refreshes = 0;
  producerIds = 0;
  throttleMs = 0;
  /** Requests wait for this before they are looked at. */
  gate: Promise<void> = Promise.resolve();
  /** How many partitions topics have. */
  readonly topics: Record<string, number>;
  looks = 0;

  constructor(topics: Readonly<Record<string, number>>) {
    this.topics = { ...topics };
  }

  async partitionCount(topic: string): Promise<number> {
    await turn();
    const count = this.topics[topic];
    if (count === undefined) throw new DStreamError("TOPIC_NOT_FOUND", `topic "${topic}" does not exist`);
    return count;
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.looks++;
    await turn();
    return new Map(topics.flatMap((topic) => (this.topics[topic] === undefined ? [] : [[topic, this.topics[topic]]])));
  }

  async leaderOf(_topic: string, partition: number): Promise<{ nodeId: number }> {
    return { nodeId: this.leaders.get(partition) ?? 1 };
  }

  async refreshMetadata(): Promise<void> {
    this.refreshes++;
  }

  async initProducerId(): Promise<{ producerId: number; producerEpoch: number }> {
    await turn();
    return { producerId: ++this.producerIds, producerEpoch: 0 };
  }

  async produce(request: ProduceRequest, node: number): Promise<{ throttleMs: number; partitions: PartitionResult[] }> {
    const all = request.topics.flatMap(({ topic, partitions }) => partitions.map((one) => ({ topic, ...one })));
    this.requests.push({ node, batches: all.length, at: performance.now() });
    const fault = this.faults.shift();
    await this.gate;
    await turn();
    if (fault === "lose request") throw new DStreamError("BROKER_UNREACHABLE", "the connection broke");
    const code = fault === undefined || fault === "lose answer" ? undefined : kafkaErrors[fault].code;
    const partitions = all.map((one) => this.#append(one, code));
    if (fault === "lose answer") throw new DStreamError("BROKER_UNREACHABLE", "the connection broke");
    return { throttleMs: this.throttleMs, partitions };
  }

  values(topic: string, partition: number): string[] {
    return this.logs.get(`${topic}-${partition}`)?.values ?? [];
  }

  #append({ topic, partition, records }: PartitionRecords & { topic: string }, errorCode = 0): PartitionResult {
    const answer = (code: number, baseOffset: number): PartitionResult => {
      return { topic, partition, errorCode: code, baseOffset, errorMessage: null };
    };
    const log: Log = this.logs.get(`${topic}-${partition}`) ?? { values: [], batches: [] };
    this.logs.set(`${topic}-${partition}`, log);
    const bytes = Buffer.from(records);
    const header = readBatchHeader(bytes, 0, bytes.length, { topic, partition });
    const own = log.batches.filter((batch) => batch.header.producerId === header.producerId);
    const repeated = own.slice(-5).find((batch) => batch.header.baseSequence === header.baseSequence);
    if (repeated !== undefined) return answer(0, repeated.baseOffset);
    if (errorCode !== 0) return answer(errorCode, -1);
    const last = own.at(-1)?.header;
    const expected = last === undefined ? 0 : last.baseSequence + last.recordCount;
    if (header.baseSequence !== expected) return answer(kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER.code, -1);
    const baseOffset = log.values.length;
    log.batches.push({ header, baseOffset });
    for (const { columns } of decodeBatches(bytes, 0, bytes.length, { topic, partition })) {
      for (let i = 0; i < columns.count; i++) log.values.push(String(columns.value(i)));
    }
    return answer(0, baseOffset);
  }
}
