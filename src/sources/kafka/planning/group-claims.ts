import { DStreamError } from "../../../errors/dstream-error.ts";
import { type Operator, operatorText } from "../../../errors/user-code/user-function-failed.ts";
import type { TopicPartition } from "../../../kafka/types.ts";
import type { JobLog } from "../../../runtime/log/job-log.ts";

/** A stream that begins at a group's offsets or commits them. */
export interface GroupUser {
  readonly group: string;
  readonly stream: Operator;
  /** Ids of topics, by name: the same topic has the same id, by whatever addresses its cluster is reached. */
  readonly topicIds: ReadonlyMap<string, string>;
}

/**
 * Which stream of a job has which partition's offset in which group. A group has one offset for a partition, which the stream that
 * is ahead would set for the one that is behind: what that one had still to read would be skipped by the next start.
 */
export class GroupClaims {
  readonly #isCheckpointed: boolean;
  readonly #log: JobLog;
  readonly #claims = new Map<string, GroupUser>();
  readonly #warned = new Set<GroupUser>();

  /** With a checkpoint the group's offsets do not decide where the job goes on: a shared one is only warned of. */
  constructor(isCheckpointed: boolean, log: JobLog) {
    this.#isCheckpointed = isCheckpointed;
    this.#log = log;
  }

  /** @throws INVALID_OPTION when another stream has one of the partitions in the same group, and the job has no checkpoint. */
  claim(user: GroupUser, partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const key = JSON.stringify([user.group, user.topicIds.get(at.topic), at.topic, at.partition]);
      const other = this.#claims.get(key);
      if (other === undefined) this.#claims.set(key, user);
      else if (other !== user) this.#refuse(user, other, at);
    }
  }

  #refuse(user: GroupUser, other: GroupUser, { topic, partition }: TopicPartition): void {
    const { group, stream } = user;
    const what = `${operatorText(other.stream)} and ${operatorText(stream)} both read ${topic}-${partition} with the groupId "${group}", which has one offset for it: the stream that is ahead commits what the other one has not read`;
    const advice = `give one of the streams a groupId of its own, such as groupId: "${group}-2"`;
    if (!this.#isCheckpointed) {
      const text = `${what}; ${advice}`;
      throw new DStreamError("INVALID_OPTION", text, { data: { option: "groupId", groupId: group, topic, partition } });
    }
    if (this.#warned.has(user)) return;
    this.#warned.add(user);
    const text = `${what}. The job goes on from its checkpoint; so that the group shows the lag, ${advice}`;
    this.#log.warn("GROUP_SHARED", text, { group, topic, partition });
  }
}
