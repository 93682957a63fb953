// Kafka's classic group protocol: members join, the first of them becomes leader and is told all members, hands out the
// assignments at sync, and everybody sends heartbeats. A change of members starts the next generation.
import { randomUUID } from "node:crypto";
import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";

export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  readonly memberId: string;
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
}

export interface JoinResult {
  readonly errorCode: number;
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly memberId: string;
  /** For the leader only. */
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[];
}

interface Member {
  readonly memberId: string;
  readonly clientId: string;
  protocols: readonly Protocol[];
  sessionTimeoutMs: number;
  assignment: Buffer;
  timer: NodeJS.Timeout | undefined;
  joined: ((result: JoinResult) => void) | undefined;
  synced: ((errorCode: number) => void) | undefined;
}

/** How long a rebalance waits for further members after the last one joined. */
const joinPauseMs = 50;
const noAssignment = Buffer.alloc(0);

export class ConsumerGroup {
  state: "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable" = "Empty";
  protocolType = "";
  protocol = "";
  readonly #members = new Map<string, Member>();
  #generation = 0;
  #leader = "";
  #rebalance: NodeJS.Timeout | undefined;

  members(): Iterable<{
    readonly memberId: string;
    readonly clientId: string;
    readonly assignment: Buffer;
    readonly protocols: readonly Protocol[];
  }> {
    return this.#members.values();
  }

  join(request: JoinRequest): Promise<JoinResult> {
    const memberId = request.memberId === "" ? `${request.clientId}-${randomUUID()}` : request.memberId;
    const { clientId, protocols, sessionTimeoutMs } = request;
    const known = this.#members.get(memberId);
    const member: Member = known ?? {
      memberId,
      clientId,
      protocols,
      sessionTimeoutMs,
      assignment: noAssignment,
      timer: undefined,
      joined: undefined,
      synced: undefined,
    };
    member.protocols = protocols;
    member.sessionTimeoutMs = sessionTimeoutMs;
    this.#members.set(memberId, member);
    this.protocolType = request.protocolType;
    clearTimeout(member.timer);
    this.#prepare();
    return new Promise((resolve) => {
      member.joined = resolve;
    });
  }

  async sync(
    memberId: string,
    generation: number,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<{ readonly errorCode: number; readonly assignment: Buffer }> {
    const errorCode = this.check(memberId, generation);
    const member = this.#members.get(memberId);
    if (errorCode !== 0 || member === undefined) return { errorCode, assignment: noAssignment };
    if (memberId === this.#leader && this.state === "CompletingRebalance") {
      for (const { memberId: id, assignment } of assignments) {
        const other = this.#members.get(id);
        if (other !== undefined) other.assignment = Buffer.from(assignment);
      }
      this.state = "Stable";
      for (const other of this.#members.values()) this.#answerSync(other, 0);
    } else if (this.state !== "Stable") {
      const failed = await new Promise<number>((resolve) => {
        member.synced = resolve;
      });
      if (failed !== 0) return { errorCode: failed, assignment: noAssignment };
    }
    return { errorCode: 0, assignment: member.assignment };
  }

  heartbeat(memberId: string, generation: number): number {
    const errorCode = this.check(memberId, generation);
    const member = this.#members.get(memberId);
    if (member !== undefined) this.#watch(member);
    return errorCode !== 0 || this.state !== "PreparingRebalance" ? errorCode : kafkaErrors.REBALANCE_IN_PROGRESS.code;
  }

  leave(memberId: string): number {
    if (!this.#members.has(memberId)) return kafkaErrors.UNKNOWN_MEMBER_ID.code;
    this.#remove(memberId);
    return 0;
  }

  /** Whether a request is of a present member and generation. */
  check(memberId: string, generation: number): number {
    if (!this.#members.has(memberId)) return kafkaErrors.UNKNOWN_MEMBER_ID.code;
    return generation === this.#generation ? 0 : kafkaErrors.ILLEGAL_GENERATION.code;
  }

  stop(): void {
    clearTimeout(this.#rebalance);
    for (const member of this.#members.values()) clearTimeout(member.timer);
  }

  #prepare(): void {
    this.state = "PreparingRebalance";
    for (const member of this.#members.values()) this.#answerSync(member, kafkaErrors.REBALANCE_IN_PROGRESS.code);
    clearTimeout(this.#rebalance);
    this.#rebalance = setTimeout(() => this.#complete(), this.#hasAllJoined() ? joinPauseMs : this.#patienceMs());
  }

  #hasAllJoined(): boolean {
    return [...this.#members.values()].filter((member) => member.joined === undefined).length <= 1;
  }

  /** Members learn of a rebalance by their next heartbeat; those that stay away for a session are left out. */
  #patienceMs(): number {
    return Math.min(3_000, ...[...this.#members.values()].map(({ sessionTimeoutMs }) => sessionTimeoutMs));
  }

  #complete(): void {
    for (const [id, member] of this.#members) if (member.joined === undefined) this.#forget(id, member);
    const [first] = this.#members.values();
    if (first === undefined) {
      this.state = "Empty";
      return;
    }
    this.#generation++;
    this.#leader = this.#members.has(this.#leader) ? this.#leader : first.memberId;
    this.protocol = first.protocols[0]?.name ?? "";
    this.state = "CompletingRebalance";
    const members = [...this.#members.values()].map(({ memberId, protocols }) => ({
      memberId,
      metadata: (protocols.find(({ name }) => name === this.protocol) ?? protocols[0])?.metadata ?? noAssignment,
    }));
    for (const member of this.#members.values()) {
      const { memberId, joined } = member;
      member.joined = undefined;
      this.#watch(member);
      const own = memberId === this.#leader ? members : [];
      joined?.({
        errorCode: 0,
        generation: this.#generation,
        protocol: this.protocol,
        leader: this.#leader,
        memberId,
        members: own,
      });
    }
  }

  #watch(member: Member): void {
    clearTimeout(member.timer);
    member.timer = setTimeout(() => this.#remove(member.memberId), member.sessionTimeoutMs);
    member.timer.unref();
  }

  #remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member !== undefined) this.#forget(memberId, member);
    if (this.#members.size === 0) this.state = "Empty";
    else this.#prepare();
  }

  #forget(memberId: string, member: Member): void {
    clearTimeout(member.timer);
    this.#members.delete(memberId);
    this.#answerSync(member, kafkaErrors.UNKNOWN_MEMBER_ID.code);
    const { joined } = member;
    member.joined = undefined;
    const errorCode = kafkaErrors.UNKNOWN_MEMBER_ID.code;
    joined?.({ errorCode, generation: -1, protocol: "", leader: "", memberId, members: [] });
  }

  #answerSync(member: Member, errorCode: number): void {
    const { synced } = member;
    member.synced = undefined;
    synced?.(errorCode);
  }
}
