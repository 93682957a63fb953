import type { EpochEnd } from "../../../src/broker/log/leader-epochs.ts";
import { kafkaErrors } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import type { Broker } from "./broker.ts";
import { idOf, minInSync, type PartitionState } from "./partition-state.ts";
import type { ReplicaLog } from "./replica-log.ts";

/** Kafka's replica.lag.time.max.ms is 30 s. */
const lagMs = 6_000;
/** An answer of the controller may be lost. */
const askAgainMs = 3_000;

/** What a leader knows of a follower in its present epoch. */
export interface Follower {
  /** Undefined until it is known that its log is the beginning of the leader's. */
  endOffset: number | undefined;
  truncateTo: EpochEnd | undefined;
  /** The high watermark that it was told. */
  toldHighWatermark: number;
  /** Since when it has not had everything. */
  behindSince: number | undefined;
}

/** A partition at one broker, which leads or follows. */
export class Replica {
  readonly id: string;
  state: PartitionState;
  readonly followers = new Map<number, Follower>();
  readonly #broker: Broker;
  #log: ReplicaLog;
  /** Whom the controller was asked to take in: they count already. */
  #pending: readonly number[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #isWatched = false;

  constructor(broker: Broker, log: ReplicaLog, state: PartitionState) {
    this.#broker = broker;
    this.#log = log;
    this.state = { ...state, leader: -1, leaderEpoch: -1, version: -1 };
    this.id = idOf(state.topic, state.partition);
  }

  get log(): ReplicaLog {
    return this.#log;
  }

  get isLeader(): boolean {
    return this.state.leader === this.#broker.node.id;
  }

  get hasEnoughInSync(): boolean {
    return this.state.inSync.length >= minInSync;
  }

  /** What the controller says of it. */
  learn(state: PartitionState): void {
    const before = this.state;
    if (state.version <= before.version) return;
    this.state = state;
    this.#pending = [];
    this.#askedAt = Number.NEGATIVE_INFINITY;
    if (state.leaderEpoch > before.leaderEpoch) {
      this.followers.clear();
      if (this.isLeader) this.#lead(state);
      else this.log.follow(state.leaderEpoch);
    }
    if (!this.isLeader) return;
    this.#raise();
    this.#watch();
    this.log.wake();
  }

  /** What the disk has is cut off. */
  truncate(to: EpochEnd): void {
    const end = this.log.commonEnd(to);
    this.#broker.trace(`${this.id}: cut off at ${end} of ${this.log.endOffset}`);
    // This is what replication is for; that it holds is not left to the checks of what readers see.
    if (end < this.log.highWatermark) throw new Error(`${this.id} would lose what readers have seen`);
    const old = this.#log;
    this.#log = old.recovered(end, this.#broker.machine);
    this.#log.follow(this.state.leaderEpoch);
    this.#broker.keep(this);
    old.wake();
  }

  /** What a follower has by now. */
  heard(node: number, endOffset: number, lastEpoch: number, sentEnd: number, sentAt: number): void {
    const follower = this.followers.get(node);
    if (follower === undefined) return;
    follower.truncateTo = undefined;
    if (follower.endOffset === undefined) {
      follower.truncateTo = this.log.divergence(endOffset, lastEpoch);
      if (follower.truncateTo !== undefined) return;
    }
    follower.endOffset = Math.max(follower.endOffset ?? 0, endOffset);
    if (follower.endOffset >= this.log.endOffset) follower.behindSince = undefined;
    else if (follower.endOffset >= sentEnd) follower.behindSince = sentAt;
    this.#raise();
    this.#grow(node, follower.endOffset);
  }

  /** Resolves with 0 when all that are in sync have the records below an offset, else with Kafka's error. */
  replicated(offset: number, timeoutMs: number): Promise<number> {
    const { leaderEpoch } = this.state;
    const { log } = this;
    const outcome = (): number | undefined => {
      if (!this.isLeader || this.state.leaderEpoch !== leaderEpoch) return kafkaErrors.NOT_LEADER_OR_FOLLOWER.code;
      if (log.highWatermark < offset) return undefined;
      return this.hasEnoughInSync ? 0 : kafkaErrors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code;
    };
    const now = outcome();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve) => {
      const finish = (errorCode: number): void => {
        stop();
        timer.cancel();
        resolve(errorCode);
      };
      const stop = log.onChange(() => {
        const found = outcome();
        if (found !== undefined) finish(found);
      });
      const timer = this.#broker.machine.timers.after(timeoutMs, () => finish(kafkaErrors.REQUEST_TIMED_OUT.code));
    });
  }

  #lead(state: PartitionState): void {
    this.#broker.trace(`${this.id}: leads epoch ${state.leaderEpoch} from ${this.log.endOffset} on`);
    const now = this.#broker.machine.timers.elapsed();
    for (const node of state.replicas)
      if (node !== this.#broker.node.id)
        this.followers.set(node, {
          ...{ endOffset: undefined, truncateTo: undefined, toldHighWatermark: -1, behindSince: now },
        });
    this.log.lead(state.leaderEpoch);
    this.log.appended = () => this.#appended();
    this.#broker.replicate();
  }

  #appended(): void {
    const now = this.#broker.machine.timers.elapsed();
    for (const follower of this.followers.values()) follower.behindSince ??= now;
    this.#raise();
    this.#watch();
    this.#broker.replicate();
  }

  /** The high watermark is what all have that are in sync, or may be without the leader's knowing. */
  #raise(): void {
    let end = this.log.endOffset;
    for (const node of new Set([...this.state.inSync, ...this.#pending]))
      if (node !== this.#broker.node.id) end = Math.min(end, this.followers.get(node)?.endOffset ?? -1);
    if (end <= this.log.highWatermark) return;
    this.log.raiseHighWatermark(end);
    this.#broker.replicateSoon();
  }

  /** Who has caught up is in sync. */
  #grow(node: number, endOffset: number): void {
    if (this.state.inSync.includes(node) || endOffset < this.log.highWatermark) return;
    const epochStart = this.log.epochs.all.at(-1)?.startOffset ?? 0;
    if (endOffset < epochStart) return;
    this.#ask([...this.state.inSync, node]);
  }

  /** Looks again when somebody may have been late for too long. */
  #watch(): void {
    if (this.#isWatched) return;
    const { timers } = this.#broker.machine;
    const late = [...this.followers].filter(
      ([node, { behindSince }]) => behindSince !== undefined && this.state.inSync.includes(node),
    );
    if (late.length === 0) return;
    this.#isWatched = true;
    timers.after(lagMs / 2, () => {
      this.#isWatched = false;
      if (!this.isLeader) return;
      const now = timers.elapsed();
      const lost = late
        .map(([node]) => node)
        .filter((node) => now - (this.followers.get(node)?.behindSince ?? now) > lagMs);
      if (lost.length > 0) this.#ask(this.state.inSync.filter((node) => !lost.includes(node)));
      this.#watch();
    });
  }

  #ask(inSync: readonly number[]): void {
    const now = this.#broker.machine.timers.elapsed();
    if (now - this.#askedAt < askAgainMs) return;
    this.#askedAt = now;
    const { leaderEpoch, version } = this.state;
    this.#pending = [...this.#pending, ...inSync.filter((node) => !this.state.inSync.includes(node))];
    this.#broker.askController({ id: this.id, leaderEpoch, version, inSync }, () => {
      if (this.state.version === version) this.#pending = [];
      this.#askedAt = Number.NEGATIVE_INFINITY;
    });
  }
}
