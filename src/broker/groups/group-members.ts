import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import type { Timer } from "../../runtime/machine/timers.ts";

/** A way to assign partitions, and what the member says for it. */
export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinResult {
  readonly errorCode: number;
  readonly memberId: string;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocol: string | null;
  readonly leader: string;
  /** A static leader that came back keeps the assignments it made before. */
  readonly skipAssignment: boolean;
  /** For the leader only. */
  readonly members: readonly JoinedMember[];
}

export interface JoinedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly metadata: Buffer;
}

export interface SyncResult {
  readonly errorCode: number;
  readonly assignment: Buffer;
}

export interface Member {
  readonly memberId: string;
  /** Of a static member: it comes back under the same name after a restart. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  protocols: readonly Protocol[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  assignment: Buffer;
  /** Ends the session. */
  timer: Timer | undefined;
  joined: ((result: JoinResult) => void) | undefined;
  synced: ((result: SyncResult) => void) | undefined;
}

export const noAssignment = Buffer.alloc(0);

/** The members of a group, in the order in which they came; the first is its leader. */
export class GroupMembers {
  leader = "";
  protocolType = "";
  readonly #members = new Map<string, Member>();
  readonly #static = new Map<string, string>();

  get size(): number {
    return this.#members.size;
  }

  get rebalanceTimeoutMs(): number {
    return Math.max(0, ...this.all().map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
  }

  all(): Member[] {
    return [...this.#members.values()];
  }

  get(memberId: string): Member | undefined {
    return this.#members.get(memberId);
  }

  withInstance(instanceId: string): Member | undefined {
    return this.#members.get(this.#static.get(instanceId) ?? "");
  }

  add(member: Member): void {
    this.#members.set(member.memberId, member);
    if (member.instanceId !== null) this.#static.set(member.instanceId, member.memberId);
    if (this.leader === "") this.leader = member.memberId;
  }

  remove({ memberId, instanceId, timer }: Member): void {
    timer?.cancel();
    this.#members.delete(memberId);
    if (instanceId !== null && this.#static.get(instanceId) === memberId) this.#static.delete(instanceId);
    if (this.leader === memberId) this.leader = this.all()[0]?.memberId ?? "";
  }

  /** A static member that came back gets a new id and keeps its place. */
  replace(old: Member, memberId: string): Member {
    const wasLeader = this.leader === old.memberId;
    const member = { ...old, memberId, timer: undefined, joined: undefined, synced: undefined };
    this.remove(old);
    this.add(member);
    if (wasLeader) this.leader = memberId;
    return member;
  }

  /** Kafka's error for who says to be such a member, or 0. */
  check(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const present = this.#static.get(instanceId);
      if (present === undefined) return kafkaErrors.UNKNOWN_MEMBER_ID.code;
      if (present !== memberId) return kafkaErrors.FENCED_INSTANCE_ID.code;
    }
    return this.#members.has(memberId) ? 0 : kafkaErrors.UNKNOWN_MEMBER_ID.code;
  }

  /** Whether all others could work with such a member. */
  supports(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.size === 0) return protocolType !== "" && protocols.length > 0;
    return protocolType === this.protocolType && protocols.some(({ name }) => this.#isKnownToAll(name));
  }

  /** The protocol that all members know and most of them like best. */
  vote(): string {
    const votes = new Map<string, number>();
    for (const { protocols } of this.#members.values()) {
      const choice = protocols.find(({ name }) => this.#isKnownToAll(name))?.name ?? "";
      votes.set(choice, (votes.get(choice) ?? 0) + 1);
    }
    return [...votes].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0])[0];
  }

  #isKnownToAll(name: string): boolean {
    return this.all().every(({ protocols }) => protocols.some((protocol) => protocol.name === name));
  }
}

/** Whether a member still says the same as before. */
export function hasSameProtocols(member: Member, protocols: readonly Protocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    member.protocols.every(
      ({ name, metadata }, i) => name === protocols[i]?.name && metadata.equals(protocols[i].metadata),
    )
  );
}
