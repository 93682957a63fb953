// How a leader's log comes to one of its followers' brokers: one message at a time for all partitions, answered by what the follower has.
import type { EpochEnd } from "../../../src/broker/log/leader-epochs.ts";
import type { Timer } from "../../../src/runtime/machine/timers.ts";
import type { Broker } from "./broker.ts";
import type { Follower, Replica } from "./replica.ts";

/** What a leader says of a partition. */
export interface Push {
  readonly id: string;
  readonly leaderEpoch: number;
  readonly truncateTo: EpochEnd | undefined;
  readonly fromOffset: number;
  readonly batches: Buffer | undefined;
  readonly highWatermark: number;
  /** Of the leader's log. */
  readonly endOffset: number;
}

/** What its follower has; undefined: it does not follow in this epoch. */
export interface PushAnswer {
  readonly push: Push;
  readonly has: { readonly endOffset: number; readonly lastEpoch: number } | undefined;
}

const answerMs = 1_500;
const againMs = 100;
/** As long a follower's fetch waits for more: so late it learns of the high watermark. */
const idleMs = 500;

export class Link {
  readonly #broker: Broker;
  readonly #to: number;
  #message = 0;
  #isBusy = false;
  #timer: Timer | undefined;
  #soon: Timer | undefined;

  constructor(broker: Broker, to: number) {
    this.#broker = broker;
    this.#to = to;
  }

  /** There is something to send. */
  kick(): void {
    if (!this.#isBusy) this.#later(0);
  }

  /** There is something that has time. */
  kickSoon(): void {
    if (this.#isBusy || this.#soon !== undefined) return;
    this.#soon = this.#broker.machine.timers.after(this.#broker.scheduler.between(0, idleMs), () => {
      this.#soon = undefined;
      this.kick();
    });
  }

  #later(ms: number): void {
    this.#isBusy = true;
    this.#timer?.cancel();
    this.#timer = this.#broker.machine.timers.after(ms, () => this.#send());
  }

  #send(): void {
    const pushes = [...this.#broker.replicas.values()].flatMap((replica) => this.#pushOf(replica) ?? []);
    this.#isBusy = pushes.length > 0;
    if (!this.#isBusy) return;
    const { machine, cluster } = this.#broker;
    const message = ++this.#message;
    const sentAt = machine.timers.elapsed();
    this.#timer = machine.timers.after(answerMs, () => this.#send());
    cluster.deliver(this.#broker, this.#to, (follower) => {
      const answers = follower.take(this.#broker, message, pushes);
      if (answers === undefined) return;
      cluster.reply(follower, this.#broker, () => {
        if (message === this.#message && this.#isBusy) this.#heard(answers, sentAt);
      });
    });
  }

  #pushOf(replica: Replica): Push | undefined {
    const follower = replica.followers.get(this.#to);
    if (follower === undefined || !replica.isLeader || !this.#hasNews(replica, follower)) return undefined;
    const { id, log, state } = replica;
    const { endOffset: fromOffset = -1, truncateTo } = follower;
    const batches = fromOffset < 0 ? undefined : log.read(fromOffset, log.endOffset, 1024 * 1024, true)?.batches;
    const { highWatermark, endOffset } = log;
    return { ...{ id, truncateTo, fromOffset, batches, highWatermark, endOffset }, leaderEpoch: state.leaderEpoch };
  }

  #heard(answers: readonly PushAnswer[], sentAt: number): void {
    let isRefused = false;
    for (const { push, has } of answers) {
      const replica = this.#broker.replicas.get(push.id);
      if (replica === undefined || !replica.isLeader || replica.state.leaderEpoch !== push.leaderEpoch) continue;
      const follower = replica.followers.get(this.#to) as Follower;
      if (has === undefined) isRefused = true;
      else {
        follower.toldHighWatermark = push.highWatermark;
        replica.heard(this.#to, has.endOffset, has.lastEpoch, push.endOffset, sentAt);
      }
    }
    if (isRefused) this.#later(againMs);
    else {
      this.#timer?.cancel();
      this.#isBusy = false;
      if ([...this.#broker.replicas.values()].some((replica) => this.#isUrgent(replica))) this.kick();
      else this.kickSoon();
    }
  }

  /** Who is not in sync is asked until it is, as its fetches would tell. */
  #hasNews({ log, state }: Replica, { endOffset, toldHighWatermark }: Follower): boolean {
    if (endOffset === undefined || endOffset < log.endOffset || toldHighWatermark < log.highWatermark) return true;
    return !state.inSync.includes(this.#to);
  }

  #isUrgent(replica: Replica): boolean {
    const follower = replica.followers.get(this.#to);
    return replica.isLeader && follower !== undefined && follower.endOffset !== replica.log.endOffset;
  }
}
