import { GroupStore } from "../../../src/broker/groups/group-store.ts";
import type { GroupOffset } from "../../../src/broker/transactions/transaction.ts";
import type { ProducerIdentity } from "../../../src/broker/transactions/transaction-coordinator.ts";
import type { Broker } from "./broker.ts";
import type { Replica } from "./replica.ts";
import { StateLog, type StateRecord, stateRecords } from "./state-log.ts";

/** The groups of one partition of the state, at the broker that leads it. */
export class GroupPart {
  readonly groups: GroupStore;
  readonly state: StateLog;
  readonly replica: Replica;
  readonly #broker: Broker;
  /** Offsets that groups get when the transaction of a producer commits. */
  readonly #pending = new Map<number, readonly GroupOffset[]>();

  constructor(broker: Broker, replica: Replica) {
    this.#broker = broker;
    this.replica = replica;
    this.state = new StateLog(broker, replica);
    this.groups = new GroupStore(this.state, broker.machine);
    for (const record of stateRecords(replica.log)) this.#restore(record);
  }

  close(): void {
    this.state.isClosed = true;
    this.groups.stop();
  }

  /** Kafka's error for offsets that a transaction is to commit, or 0. */
  commitOffsets(transactionalId: string, producer: ProducerIdentity, offsets: readonly GroupOffset[]): number {
    const { topic, partition } = this.replica.state;
    const errorCode = this.#broker.cluster.verify(this.#broker, transactionalId, producer, { topic, partition });
    if (errorCode !== 0) return errorCode;
    const { producerId } = producer;
    this.#keep({ type: "pending-offsets", producerId, offsets });
    return 0;
  }

  hasPendingOffset(group: string, topic: string, partition: number): boolean {
    return [...this.#pending.values()].some((offsets) =>
      offsets.some((offset) => offset.group === group && offset.topic === topic && offset.partition === partition),
    );
  }

  endTransaction(producerId: number, type: "commit" | "abort"): void {
    const offsets = this.#pending.get(producerId);
    if (offsets === undefined) return;
    if (type === "commit") for (const { group, ...offset } of offsets) this.groups.commit(group, offset);
    this.#keep({ type: "pending-ended", producerId });
  }

  #keep(record: StateRecord): void {
    this.state.write(record);
    this.#restore(record);
  }

  #restore(record: StateRecord): void {
    switch (record.type) {
      case "pending-offsets":
        this.#pending.set(record.producerId, [...(this.#pending.get(record.producerId) ?? []), ...record.offsets]);
        break;
      case "pending-ended":
        this.#pending.delete(record.producerId);
        break;
      case "offset": {
        const { type, group, commitMs = 0, ...offset } = record;
        this.groups.restore(group, { ...offset, commitMs });
        break;
      }
      case "offset-deleted":
        this.groups.forgetOffset(record.group, record.topic, record.partition);
        break;
      case "group-deleted":
        this.groups.forget(record.group);
    }
  }
}
