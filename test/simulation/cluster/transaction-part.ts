import { GroupStore } from "../../../src/broker/groups/group-store.ts";
import { MetaLog } from "../../../src/broker/meta-log.ts";
import type { TransactionPartition } from "../../../src/broker/transactions/transaction.ts";
import { TransactionCoordinator } from "../../../src/broker/transactions/transaction-coordinator.ts";
import type { Broker } from "./broker.ts";
import type { Replica } from "./replica.ts";
import { StateLog, stateRecords } from "./state-log.ts";

/** Each partition of the state has ids of its own. */
const firstProducerId = 1_000_000;
const retryMs = 100;
const decidedMs = 30_000;

interface Marker {
  readonly place: TransactionPartition;
  readonly producerId: number;
  readonly epoch: number;
  readonly type: "commit" | "abort";
}

/** The transactional ids of one partition of the state, at the broker that leads it. */
export class TransactionPart {
  readonly transactions: TransactionCoordinator;
  readonly state: StateLog;
  readonly replica: Replica;
  readonly #broker: Broker;
  readonly #writing = new Set<string>();
  readonly #written = new Set<string>();

  constructor(broker: Broker, replica: Replica) {
    this.#broker = broker;
    this.replica = replica;
    this.state = new StateLog(broker, replica);
    const { machine } = broker;
    // Groups have their offsets elsewhere: their partitions get markers as all do.
    const noGroups = new GroupStore(new MetaLog(undefined, machine), machine);
    const marked = {
      all: () => [],
      partition: (topic: string, partition: number) => ({
        endTransaction: (producerId: number, epoch: number, type: "commit" | "abort"): void =>
          this.#mark({ place: { topic, partition }, producerId, epoch, type }),
      }),
    };
    this.transactions = new TransactionCoordinator(marked, noGroups, this.state, machine);
    for (const record of stateRecords(replica.log)) {
      if (record.type === "producer-ids") this.transactions.producerIds.restore(record.below);
      if (record.type !== "transaction") continue;
      const { type, ...transaction } = record;
      this.transactions.restore(transaction);
    }
    this.transactions.producerIds.restore(firstProducerId * (1 + replica.state.partition));
    this.transactions.resume();
  }

  close(): void {
    this.state.isClosed = true;
    this.transactions.stop();
  }

  /** Throws until the marker is in all logs; then the coordinator tries again. */
  #mark(marker: Marker): void {
    if (this.#written.delete(keyOf(marker))) return;
    const { producerId } = marker;
    for (const transaction of this.transactions.all())
      if (transaction.producerId === producerId)
        for (const place of transaction.partitions) this.#begin({ ...marker, place });
    throw new Error("the markers are being written");
  }

  #begin(marker: Marker): void {
    const key = keyOf(marker);
    if (this.#writing.has(key) || this.#written.has(key)) return;
    this.#writing.add(key);
    void this.#write(marker).then((isThere) => {
      this.#writing.delete(key);
      if (!isThere || this.state.isClosed) return;
      this.#written.add(key);
      this.transactions.resume();
    });
  }

  /** What was decided is on the disks first; then the marker is sent until it is in the partition. */
  async #write(marker: Marker): Promise<boolean> {
    let isDecided = false;
    while (!this.state.isClosed) {
      isDecided ||= (await this.state.replicated(decidedMs)) === 0;
      if (isDecided && (await this.#broker.cluster.writeMarker(this.#broker, this.replica, marker))) return true;
      await this.#broker.machine.timers.delay(retryMs);
    }
    return false;
  }
}

function keyOf({ place: { topic, partition }, producerId, epoch, type }: Marker): string {
  return `${topic}-${partition} ${producerId} ${epoch} ${type}`;
}
