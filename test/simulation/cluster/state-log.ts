import { MetaLog, type MetaRecord } from "../../../src/broker/meta-log.ts";
import type { GroupOffset } from "../../../src/broker/transactions/transaction.ts";
import { BatchBuilder } from "../../../src/kafka/record-batch/batch-builder.ts";
import { batchHeaderBytes } from "../../../src/kafka/record-batch/batch-header.ts";
import { readRawVarint, readVarlong, varint } from "../../../src/kafka/record-batch/varint.ts";
import type { Broker } from "./broker.ts";
import type { Replica } from "./replica.ts";
import type { ReplicaLog } from "./replica-log.ts";

/** What a coordinator keeps: as the embedded broker does, and offsets of transactions by their producer. */
export type StateRecord =
  | MetaRecord
  | { readonly type: "pending-offsets"; readonly producerId: number; readonly offsets: readonly GroupOffset[] }
  | { readonly type: "pending-ended"; readonly producerId: number };

const maxBytes = 64 * 1024;

/** The state of a coordinator: records of a partition, which is replicated as all are. */
export class StateLog extends MetaLog {
  readonly #replica: Replica;
  readonly #broker: Broker;
  isClosed = false;

  constructor(broker: Broker, replica: Replica) {
    super(undefined, broker.machine);
    this.#broker = broker;
    this.#replica = replica;
  }

  override append(record: MetaRecord): void {
    this.write(record);
  }

  write(record: StateRecord): void {
    const { log } = this.#replica;
    if (this.isClosed || !log.isLeader) throw new Error("this broker does not keep this state any more");
    const batch = new BatchBuilder(maxBytes);
    batch.tryAppend(null, JSON.stringify(record), this.#broker.machine.clock.now());
    const nobody = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
    const { errorCode, message } = log.append(batch.finish({ ...nobody, isTransactional: false }));
    if (errorCode !== 0) throw new Error(`state cannot be kept: ${errorCode} ${message}`);
  }

  /** Resolves with 0 when all that has been written is in all logs that are in sync, else with Kafka's error. */
  replicated(timeoutMs: number): Promise<number> {
    return this.#replica.replicated(this.#replica.log.endOffset, timeoutMs);
  }
}

export function* stateRecords(log: ReplicaLog): Generator<StateRecord> {
  for (const batch of log.batches()) yield JSON.parse(textOf(batch)) as StateRecord;
}

/** The value of a batch's only record, which has no key. */
function textOf(batch: Buffer): string {
  readRawVarint(batch, batchHeaderBytes);
  readVarlong(batch, varint.end + 1);
  readRawVarint(batch, varint.end);
  readRawVarint(batch, varint.end);
  const bytes = readRawVarint(batch, varint.end) / 2;
  return batch.toString("utf8", varint.end, varint.end + bytes);
}
