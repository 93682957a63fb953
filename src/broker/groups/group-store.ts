import type { MetaLog, MetaRecord } from "../meta-log.ts";
import { ConsumerGroup } from "./consumer-group.ts";

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** −1: not told. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** All consumer groups: their members, and the offsets they have committed. Members do not outlive a restart; they join again. */
export class GroupStore {
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #offsets = new Map<string, Map<string, CommittedOffset>>();
  readonly #meta: MetaLog;

  constructor(meta: MetaLog) {
    this.#meta = meta;
  }

  /** The group, where somebody has joined or committed. */
  find(id: string): ConsumerGroup | undefined {
    return this.#groups.get(id);
  }

  findOrCreate(id: string): ConsumerGroup {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new ConsumerGroup();
      this.#groups.set(id, group);
    }
    return group;
  }

  all(): Iterable<readonly [string, ConsumerGroup]> {
    return this.#groups;
  }

  commit(group: string, offset: CommittedOffset): void {
    this.#meta.append({ type: "offset", group, ...offset });
    this.restore(group, offset);
  }

  restore(group: string, offset: CommittedOffset): void {
    this.findOrCreate(group);
    const offsets = this.#offsets.get(group) ?? new Map<string, CommittedOffset>();
    this.#offsets.set(group, offsets.set(`${offset.topic}/${offset.partition}`, offset));
  }

  offsets(group: string): CommittedOffset[] {
    return [...(this.#offsets.get(group)?.values() ?? [])];
  }

  offset(group: string, topic: string, partition: number): CommittedOffset | undefined {
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
    this.#offsets.delete(group);
  }

  forgetOffset(group: string, topic: string, partition: number): void {
    this.#offsets.get(group)?.delete(`${topic}/${partition}`);
  }

  /** Offsets in a topic that was deleted say nothing about the next one of that name. */
  forgetTopic(topic: string): void {
    for (const offsets of this.#offsets.values())
      for (const [key, offset] of offsets) if (offset.topic === topic) offsets.delete(key);
  }

  /** Lets go of groups that have neither members nor offsets. */
  collectGarbage(): void {
    for (const [id, group] of this.#groups)
      if (group.isAbandoned && (this.#offsets.get(id)?.size ?? 0) === 0) this.forget(id);
  }

  /** What brings all offsets back. */
  records(): MetaRecord[] {
    return [...this.#offsets].flatMap(([group, offsets]) =>
      [...offsets.values()].map((offset) => ({ type: "offset", group, ...offset }) as const),
    );
  }

  stop(): void {
    for (const group of this.#groups.values()) group.stop();
  }
}
