import { invalidOption } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { Marker } from "../../kafka/transactions/marker.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import type { BatchLog } from "../checkpoint/batch-log.ts";

/** What Kafka says of the last committed transaction, when nothing of the id is under way any more. */
export interface LastTransaction {
  readonly transactionalId: string;
  readonly marker: Marker | undefined;
}

/**
 * Brings the log in line with Kafka: the batch that was prepared is committed when its marker is there, else it will be run
 * again. Anything that is neither of the two is not guessed at.
 *
 * @throws TRANSACTION_UNCERTAIN; CHECKPOINT_OTHER_JOB for a marker of another checkpoint; INVALID_OPTION for another transactionalId.
 */
export async function settleLast(log: BatchLog, last: LastTransaction | undefined, jobLog: JobLog): Promise<void> {
  const { prepared, transaction, id } = log.state;
  const expected = prepared?.transaction?.transactionalId ?? transaction?.transactionalId;
  if (last === undefined) {
    if (prepared?.transaction === undefined) return;
    throw uncertain(
      `whether batch ${prepared.time} was committed is known by the Kafka cluster of its exactly-once sink, which the program no longer has; start it once with the sink`,
    );
  }
  if (expected !== undefined && expected !== last.transactionalId) {
    throw invalidOption(
      "transactionalId",
      last.transactionalId,
      `${expected}, which the checkpoint's transactions have`,
    );
  }
  const { marker } = last;
  if (marker !== undefined && marker.checkpoint !== id) throw otherCheckpoint(last.transactionalId, marker.checkpoint);
  if (prepared?.transaction !== undefined && marker?.attempt === prepared.transaction.attempt) {
    await log.committed(prepared.time);
    return;
  }
  if (marker?.attempt === transaction?.attempt) return;
  const seen = marker === undefined ? "no marker" : `a marker of batch ${marker.batch}`;
  const known = transaction === undefined ? "none" : `batch ${transaction.time}`;
  const text = `the last transaction in the checkpoint is that of ${known}, and Kafka has ${seen} of "${last.transactionalId}"`;
  const isOlder = transaction !== undefined && marker !== undefined && marker.batch < transaction.time;
  if (isOlder && prepared?.transaction === undefined) {
    // The log got Kafka's word for the commit, and the batch that comes next has no transaction yet: nothing is unknown.
    const lost = `${text}, which has lost the later one. The job goes on behind the batch in the checkpoint`;
    jobLog.warn("MARKER_LOST", lost, { batchTime: transaction.time });
    return;
  }
  throw uncertain(
    isOlder
      ? `${text}, which has lost the later one: it can't say whether batch ${prepared?.time} was committed. Look into the output, and begin with a fresh folder`
      : `${text}: the checkpoint is an older copy, or the group's offsets were removed. Restore the newest checkpoint, or begin with a fresh folder`,
  );
}

function uncertain(text: string): DStreamError {
  return new DStreamError("TRANSACTION_UNCERTAIN", text);
}

function otherCheckpoint(transactionalId: string, checkpoint: string): DStreamError {
  const text = `the transactional id "${transactionalId}" was last used by another checkpoint (${checkpoint}); choose another transactionalId, or go on with that checkpoint`;
  return new DStreamError("CHECKPOINT_OTHER_JOB", text, { data: { transactionalId, checkpoint } });
}
