import type { Machine } from "../../runtime/machine/machine.ts";
import type { MetaLog, MetaRecord } from "../meta-log.ts";
import { ConsumerGroup } from "./consumer-group.ts";
import { type EmptySince, expiredOffsets } from "./offset-expiry.ts";

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** −1: not told. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** As it is kept. */
export interface KeptOffset extends CommittedOffset {
  /** When it was committed, epoch ms. */
  readonly commitMs: number;
}

/** Of all groups together: an offset takes some 300 bytes. */
const maxOffsets = 250_000;
/** A group without offsets takes memory, too. */
const maxGroups = 100_000;

/** All consumer groups: their members, and the offsets they have committed. Members do not outlive a restart; they join again. */
export class GroupStore {
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #offsets = new Map<string, Map<string, KeptOffset>>();
  readonly #emptySince = new Map<string, EmptySince>();
  #offsetCount = 0;
  readonly #meta: MetaLog;
  readonly #machine: Machine;

  constructor(meta: MetaLog, machine: Machine) {
    this.#meta = meta;
    this.#machine = machine;
  }

  /** The group, where somebody has joined or committed. */
  find(id: string): ConsumerGroup | undefined {
    return this.#groups.get(id);
  }

  findOrCreate(id: string): ConsumerGroup {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new ConsumerGroup(this.#machine);
      this.#groups.set(id, group);
    }
    return group;
  }

  all(): Iterable<readonly [string, ConsumerGroup]> {
    return this.#groups;
  }

  /** Whether there is room for one more, or it is known already. */
  hasRoomForGroup(id: string): boolean {
    return this.#groups.size < maxGroups || this.#groups.has(id);
  }

  hasRoomForOffset(group: string, { topic, partition }: CommittedOffset): boolean {
    return this.#offsetCount < maxOffsets || this.offset(group, topic, partition) !== undefined;
  }

  commit(group: string, offset: CommittedOffset): void {
    const kept = { ...offset, commitMs: this.#machine.clock.now() };
    this.#meta.append({ type: "offset", group, ...kept });
    this.restore(group, kept);
  }

  restore(group: string, offset: KeptOffset): void {
    this.findOrCreate(group);
    const offsets = this.#offsets.get(group) ?? new Map<string, KeptOffset>();
    const before = offsets.size;
    this.#offsets.set(group, offsets.set(`${offset.topic}/${offset.partition}`, offset));
    this.#offsetCount += offsets.size - before;
  }

  /** Members do not outlive a restart: a group that had some has none since then. */
  restoreEmpty(group: string, emptySince: EmptySince): void {
    this.#emptySince.set(group, emptySince === "active" ? this.#machine.clock.now() : emptySince);
  }

  offsets(group: string): KeptOffset[] {
    return [...(this.#offsets.get(group)?.values() ?? [])];
  }

  offset(group: string, topic: string, partition: number): KeptOffset | undefined {
    return this.#offsets.get(group)?.get(`${topic}/${partition}`);
  }

  deleteOffset(group: string, topic: string, partition: number): void {
    if (this.offset(group, topic, partition) === undefined) return;
    this.#meta.append({ type: "offset-deleted", group, topic, partition });
    this.forgetOffset(group, topic, partition);
  }

  delete(group: string): void {
    this.#meta.append({ type: "group-deleted", group });
    this.forget(group);
  }

  forget(group: string): void {
    this.#groups.get(group)?.stop();
    this.#groups.delete(group);
    this.#offsetCount -= this.#offsets.get(group)?.size ?? 0;
    this.#offsets.delete(group);
    this.#emptySince.delete(group);
  }

  forgetOffset(group: string, topic: string, partition: number): void {
    if (this.#offsets.get(group)?.delete(`${topic}/${partition}`)) this.#offsetCount--;
  }

  /** Offsets in a topic that was deleted say nothing about the next one of that name. */
  forgetTopic(topic: string): void {
    for (const [group, offsets] of this.#offsets)
      for (const offset of offsets.values())
        if (offset.topic === topic) this.forgetOffset(group, topic, offset.partition);
  }

  /**
   * Lets go of offsets that have expired, and of groups that have neither members nor offsets.
   *
   * @param isPending whether an open transaction may yet change the offset.
   */
  collectGarbage(nowMs: number, isPending: (group: string, offset: CommittedOffset) => boolean = () => false): void {
    for (const [id, group] of this.#groups) {
      this.#noteMembers(id, group, nowMs);
      const expired = expiredOffsets(group, this.#emptySince.get(id), this.offsets(id), nowMs);
      for (const offset of expired) if (!isPending(id, offset)) this.deleteOffset(id, offset.topic, offset.partition);
      if (group.isAbandoned && (this.#offsets.get(id)?.size ?? 0) === 0) this.forget(id);
    }
  }

  /** Whether a group has members, as it is seen every few minutes: so much later its offsets expire. */
  #noteMembers(group: string, { isAbandoned }: ConsumerGroup, nowMs: number): void {
    const noted = this.#emptySince.get(group);
    if (isAbandoned ? noted !== "active" : noted === "active") return;
    const emptySince = isAbandoned ? nowMs : "active";
    if (this.#offsets.has(group)) this.#meta.append({ type: "group-members", group, emptySince });
    this.#emptySince.set(group, emptySince);
  }

  /** What brings all offsets back. */
  records(): MetaRecord[] {
    return [...this.#offsets].flatMap(([group, offsets]) => {
      const emptySince = this.#emptySince.get(group);
      return [
        ...[...offsets.values()].map((offset) => ({ type: "offset", group, ...offset }) as const),
        ...(emptySince === undefined ? [] : [{ type: "group-members", group, emptySince } as const]),
      ];
    });
  }

  stop(): void {
    for (const group of this.#groups.values()) group.stop();
  }
}
