// Kafka's classic group protocol: members join, one of them is the leader and is told all members, hands out the assignments at
// sync, and everybody sends heartbeats. A change of members starts the next generation: whoever is a member joins again, and who
// has not done so within the rebalance timeout is left out.
import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { uuid } from "../../runtime/machine/random.ts";
import type { Timer } from "../../runtime/machine/timers.ts";
import {
  GroupMembers,
  hasSameProtocols,
  type JoinResult,
  type Member,
  noAssignment,
  type Protocol,
  type SyncResult,
} from "./group-members.ts";

export interface JoinRequest {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  /** Newer clients learn their id from an error first, so that a lost answer leaves no member behind. */
  readonly knowsMemberIdRequired: boolean;
  readonly canSkipAssignment: boolean;
}

/** Who says something about a group, and which generation it knows. */
export interface MemberClaim {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

export type GroupState = "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable";

/** How long the first member of a group waits for others; they often come together. */
const firstRebalanceDelayMs = 50;
/** A new member may be gone without knowing its id: its first join does not wait longer. */
const newMemberTimeoutMs = 5 * 60_000;

export class ConsumerGroup {
  readonly members = new GroupMembers();
  state: GroupState = "Empty";
  protocol: string | null = null;
  generation = 0;
  /** Ids that were given out with MEMBER_ID_REQUIRED and have not come back yet. */
  readonly #pending = new Map<string, Timer>();
  readonly #unsynced = new Set<string>();
  #isFirstRebalance = false;
  #rebalanceTimer: Timer | undefined;
  #syncTimer: Timer | undefined;
  readonly #machine: Pick<Machine, "timers" | "random">;

  constructor(machine: Pick<Machine, "timers" | "random">) {
    this.#machine = machine;
  }

  async join(request: JoinRequest): Promise<JoinResult> {
    const { memberId, instanceId, protocols } = request;
    if (!this.members.supports(request.protocolType, protocols))
      return failedJoin(memberId, kafkaErrors.INCONSISTENT_GROUP_PROTOCOL.code);
    if (memberId === "") return this.#joinNew(request);
    if (this.#pending.has(memberId)) {
      this.#pending.get(memberId)?.cancel();
      this.#pending.delete(memberId);
      return this.#add(memberId, request);
    }
    const errorCode = this.members.check(memberId, instanceId);
    const member = this.members.get(memberId);
    if (errorCode !== 0 || member === undefined) return failedJoin(memberId, errorCode);
    // The answer to the same request was lost, or a follower joined without need: the generation stays.
    const isRepeated = this.state === "CompletingRebalance";
    const isIdle = this.state === "Stable" && this.members.leader !== memberId;
    if ((isRepeated || isIdle) && hasSameProtocols(member, protocols)) return this.#joinResult(member, isRepeated);
    return this.#rejoin(member, request);
  }

  async sync(
    claim: MemberClaim,
    protocol: { readonly type: string | null; readonly name: string | null },
    assignments: ReadonlyMap<string, Buffer>,
  ): Promise<SyncResult> {
    const member = this.members.get(claim.memberId);
    const errorCode = this.check(claim);
    if (errorCode !== 0 || member === undefined) return failedSync(errorCode);
    const { protocolType } = this.members;
    if ((protocol.type ?? protocolType) !== protocolType || (protocol.name ?? this.protocol) !== this.protocol)
      return failedSync(kafkaErrors.INCONSISTENT_GROUP_PROTOCOL.code);
    if (this.state === "PreparingRebalance") return failedSync(kafkaErrors.REBALANCE_IN_PROGRESS.code);
    this.#unsynced.delete(member.memberId);
    if (this.state === "Stable") return { errorCode: 0, assignment: member.assignment };
    // A sync that is said again replaces the one before, whose client is gone.
    this.#answerSync(member, failedSync(kafkaErrors.REBALANCE_IN_PROGRESS.code));
    const result = new Promise<SyncResult>((resolve) => {
      member.synced = resolve;
    });
    if (this.members.leader === member.memberId) {
      this.state = "Stable";
      for (const other of this.members.all()) {
        other.assignment = Buffer.from(assignments.get(other.memberId) ?? noAssignment);
        if (other.synced !== undefined) this.touch(other.memberId);
        this.#answerSync(other, { errorCode: 0, assignment: other.assignment });
      }
    }
    return result;
  }

  heartbeat(claim: MemberClaim): number {
    const errorCode = this.check(claim);
    if (errorCode !== 0) return errorCode;
    this.touch(claim.memberId);
    return this.state === "PreparingRebalance" ? kafkaErrors.REBALANCE_IN_PROGRESS.code : 0;
  }

  /** Several members may leave at once; Kafka's error for each. */
  leave(leaving: readonly { readonly memberId: string; readonly instanceId: string | null }[]): number[] {
    const results = leaving.map(({ memberId, instanceId }) => {
      this.#pending.get(memberId)?.cancel();
      if (this.#pending.delete(memberId)) return 0;
      // An administrator knows a static member by its instance only.
      const member =
        memberId === "" && instanceId !== null ? this.members.withInstance(instanceId) : this.members.get(memberId);
      const errorCode = this.members.check(member?.memberId ?? memberId, instanceId);
      if (errorCode === 0 && member !== undefined) this.#forget(member);
      return errorCode;
    });
    if (results.includes(0) && this.state !== "Empty") this.#changed();
    return results;
  }

  /** Kafka's error for a claim to be a member of the present generation, or 0. */
  check({ memberId, instanceId, generation }: MemberClaim): number {
    const errorCode = this.members.check(memberId, instanceId);
    if (errorCode !== 0) return errorCode;
    return generation === this.generation ? 0 : kafkaErrors.ILLEGAL_GENERATION.code;
  }

  /** Kafka's error for who wants to commit offsets, or 0. Without members anybody may who claims no membership. */
  checkCommit(claim: MemberClaim, isTransactional: boolean): number {
    if (claim.generation < 0 && this.state === "Empty") return 0;
    const claimsNothing = claim.generation < 0 && claim.memberId === "" && claim.instanceId === null;
    const errorCode = claimsNothing
      ? isTransactional || this.state === "Empty"
        ? 0
        : kafkaErrors.UNKNOWN_MEMBER_ID.code
      : this.check(claim);
    if (errorCode !== 0 || isTransactional || this.state !== "CompletingRebalance") return errorCode;
    return kafkaErrors.REBALANCE_IN_PROGRESS.code;
  }

  /** The member was heard of: its session begins again. */
  touch(memberId: string): void {
    const member = this.members.get(memberId);
    if (member !== undefined) this.#watch(member, member.sessionTimeoutMs);
  }

  /** Whether nobody is a member or about to become one. */
  get isAbandoned(): boolean {
    return this.state === "Empty" && this.#pending.size === 0;
  }

  stop(): void {
    this.#rebalanceTimer?.cancel();
    this.#syncTimer?.cancel();
    for (const timer of this.#pending.values()) timer.cancel();
    for (const member of this.members.all()) member.timer?.cancel();
  }

  #joinNew(request: JoinRequest): Promise<JoinResult> | JoinResult {
    const { instanceId, clientId, sessionTimeoutMs } = request;
    const memberId = `${instanceId ?? clientId}-${uuid(this.#machine.random)}`;
    if (instanceId !== null) {
      const present = this.members.withInstance(instanceId);
      return present === undefined ? this.#add(memberId, request) : this.#comeBack(present, memberId, request);
    }
    if (!request.knowsMemberIdRequired) return this.#add(memberId, request);
    const timer = this.#machine.timers.after(sessionTimeoutMs, () => {
      this.#pending.delete(memberId);
      this.#completeIfAllJoined();
    });
    this.#pending.set(memberId, timer.unref());
    return failedJoin(memberId, kafkaErrors.MEMBER_ID_REQUIRED.code);
  }

  #add(memberId: string, request: JoinRequest): Promise<JoinResult> {
    const { instanceId, clientId, clientHost, protocols, sessionTimeoutMs, rebalanceTimeoutMs, protocolType } = request;
    if (this.members.size === 0) this.members.protocolType = protocolType;
    const member: Member = {
      memberId,
      instanceId,
      clientId,
      clientHost,
      protocols,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      assignment: noAssignment,
      timer: undefined,
      joined: undefined,
      synced: undefined,
    };
    this.members.add(member);
    const result = this.#awaitJoin(member);
    this.#watch(member, newMemberTimeoutMs, true);
    this.#changed();
    return result;
  }

  #rejoin(member: Member, { protocols, sessionTimeoutMs, rebalanceTimeoutMs }: JoinRequest): Promise<JoinResult> {
    Object.assign(member, { protocols, sessionTimeoutMs, rebalanceTimeoutMs });
    const result = this.#awaitJoin(member);
    this.#changed();
    return result;
  }

  /** A static member after a restart: the one before is fenced, its assignment stays where the protocol does. */
  #comeBack(old: Member, memberId: string, request: JoinRequest): Promise<JoinResult> | JoinResult {
    const wasLeader = this.members.leader;
    const errorCode = kafkaErrors.FENCED_INSTANCE_ID.code;
    this.#answerJoin(old, failedJoin(old.memberId, errorCode));
    this.#answerSync(old, failedSync(errorCode));
    const member = this.members.replace(old, memberId);
    const { protocols, sessionTimeoutMs, rebalanceTimeoutMs } = request;
    Object.assign(member, { protocols, sessionTimeoutMs, rebalanceTimeoutMs });
    this.touch(memberId);
    if (this.state === "Stable" && this.members.vote() === this.protocol) {
      const isLeader = this.members.leader === memberId;
      if (request.canSkipAssignment) return { ...this.#joinResult(member, isLeader), skipAssignment: isLeader };
      // An older client would assign again if it were told that it leads.
      return { ...this.#joinResult(member, false), leader: wasLeader };
    }
    const result = this.#awaitJoin(member);
    this.#changed();
    return result;
  }

  #awaitJoin(member: Member): Promise<JoinResult> {
    // A join that is said again replaces the one before, whose client is gone.
    this.#answerJoin(member, failedJoin(member.memberId, kafkaErrors.UNKNOWN_MEMBER_ID.code));
    return new Promise((resolve) => {
      member.joined = resolve;
    });
  }

  /** Members have come, gone or changed: the next generation is prepared, or completed when everybody is there. */
  #changed(): void {
    if (this.state === "PreparingRebalance") {
      this.#completeIfAllJoined();
      return;
    }
    for (const member of this.members.all()) {
      if (this.state === "CompletingRebalance") member.assignment = noAssignment;
      this.#answerSync(member, failedSync(kafkaErrors.REBALANCE_IN_PROGRESS.code));
    }
    this.#syncTimer?.cancel();
    this.#unsynced.clear();
    this.#isFirstRebalance = this.state === "Empty";
    this.state = "PreparingRebalance";
    if (this.#isFirstRebalance) this.#completeIn(firstRebalanceDelayMs);
    else if (!this.#completeIfAllJoined()) this.#completeIn(this.members.rebalanceTimeoutMs);
  }

  #completeIn(delayMs: number): void {
    this.#rebalanceTimer?.cancel();
    this.#rebalanceTimer = this.#machine.timers.after(delayMs, () => this.#complete()).unref();
  }

  #completeIfAllJoined(): boolean {
    const isReady =
      this.state === "PreparingRebalance" &&
      !this.#isFirstRebalance &&
      this.#pending.size === 0 &&
      this.members.all().every(({ joined }) => joined !== undefined);
    if (isReady) this.#complete();
    return isReady;
  }

  #complete(): void {
    this.#rebalanceTimer?.cancel();
    this.#isFirstRebalance = false;
    // A static member may be away for a while: its session decides.
    for (const member of this.members.all())
      if (member.joined === undefined && member.instanceId === null) this.#forget(member);
    const joined = this.members.all().filter((member) => member.joined !== undefined);
    if (joined.length === 0 && this.members.size > 0) {
      this.#completeIn(this.members.rebalanceTimeoutMs);
      return;
    }
    if (this.members.get(this.members.leader)?.joined === undefined) this.members.leader = joined[0]?.memberId ?? "";
    this.generation++;
    this.protocol = joined.length === 0 ? null : this.members.vote();
    this.state = joined.length === 0 ? "Empty" : "CompletingRebalance";
    for (const member of this.members.all()) {
      this.#unsynced.add(member.memberId);
      this.touch(member.memberId);
      this.#answerJoin(member, this.#joinResult(member, true));
    }
    if (this.state === "CompletingRebalance") this.#awaitSyncs();
  }

  /** Members that took the generation but never asked for their assignment are left out. */
  #awaitSyncs(): void {
    const act = (): void => {
      if (this.#unsynced.size === 0) return;
      for (const memberId of this.#unsynced) {
        const member = this.members.get(memberId);
        if (member !== undefined) this.#forget(member);
      }
      this.#changed();
    };
    this.#syncTimer = this.#machine.timers.after(this.members.rebalanceTimeoutMs, act).unref();
  }

  #joinResult(member: Member, mayLead: boolean): JoinResult {
    const { leader, protocolType } = this.members;
    const members = this.members.all().map(({ memberId, instanceId, protocols }) => ({
      memberId,
      instanceId,
      metadata: protocols.find(({ name }) => name === this.protocol)?.metadata ?? noAssignment,
    }));
    return {
      errorCode: 0,
      memberId: member.memberId,
      generation: this.generation,
      protocolType,
      protocol: this.protocol,
      leader,
      skipAssignment: false,
      members: mayLead && leader === member.memberId ? members : [],
    };
  }

  /** A member that waits for an answer cannot be heard of: only a new one, which may be gone, is not waited for. */
  #watch(member: Member, timeoutMs: number, isNew = false): void {
    member.timer?.cancel();
    const act = (): void => {
      if (!isNew && (member.joined !== undefined || member.synced !== undefined)) return;
      this.#forget(member);
      this.#changed();
    };
    member.timer = this.#machine.timers.after(timeoutMs, act).unref();
  }

  #forget(member: Member): void {
    this.members.remove(member);
    this.#unsynced.delete(member.memberId);
    this.#answerSync(member, failedSync(kafkaErrors.UNKNOWN_MEMBER_ID.code));
    this.#answerJoin(member, failedJoin("", kafkaErrors.UNKNOWN_MEMBER_ID.code));
  }

  #answerJoin(member: Member, result: JoinResult): void {
    const { joined } = member;
    member.joined = undefined;
    joined?.(result);
  }

  #answerSync(member: Member, result: SyncResult): void {
    const { synced } = member;
    member.synced = undefined;
    synced?.(result);
  }
}

export function failedJoin(memberId: string, errorCode: number): JoinResult {
  const nothing = { protocolType: null, protocol: null, leader: "", skipAssignment: false, members: [] };
  return { errorCode, memberId, generation: -1, ...nothing };
}

export function failedSync(errorCode: number): SyncResult {
  return { errorCode, assignment: noAssignment };
}
