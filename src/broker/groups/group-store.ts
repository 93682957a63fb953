import type { MetaLog } from "../meta-log.ts";
import { ConsumerGroup } from "./consumer-group.ts";

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

/** All consumer groups: their members, and the offsets they have committed. */
export class GroupStore {
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #offsets = new Map<string, Map<string, CommittedOffset>>();
  readonly #meta: MetaLog;

  constructor(meta: MetaLog) {
    this.#meta = meta;
  }

  group(id: string): ConsumerGroup {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new ConsumerGroup();
      this.#groups.set(id, group);
    }
    return group;
  }

  /** The group, where somebody has ever joined it. */
  find(id: string): ConsumerGroup | undefined {
    return this.#groups.get(id);
  }

  ids(): string[] {
    return [...new Set([...this.#groups.keys(), ...this.#offsets.keys()])];
  }

  commit(group: string, offset: CommittedOffset): void {
    this.#meta.append({ type: "offset", group, ...offset });
    this.restore(group, offset);
  }

  restore(group: string, offset: CommittedOffset): void {
    const offsets = this.#offsets.get(group) ?? new Map<string, CommittedOffset>();
    this.#offsets.set(group, offsets.set(`${offset.topic}/${offset.partition}`, offset));
  }

  offsets(group: string): CommittedOffset[] {
    return [...(this.#offsets.get(group)?.values() ?? [])];
  }

  offset(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#offsets.get(group)?.get(`${topic}/${partition}`);
  }

  stop(): void {
    for (const group of this.#groups.values()) group.stop();
  }
}
