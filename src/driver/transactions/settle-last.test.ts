import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import { BatchLog } from "../checkpoint/batch-log.ts";
import { newCheckpointState } from "../checkpoint/checkpoint-state.ts";
import { settleLast } from "./settle-last.ts";

const transactionalId = "job-c1";
const attemptAt = (time: number): string => `attempt at ${time}`;

/** A log of batches up to the one that is committed last, and of one behind it that is prepared. */
async function logOf({ committed, prepared }: { committed: number[]; prepared?: number }): Promise<BatchLog> {
  const log = new BatchLog(newCheckpointState({ id: "c1", appName: "job", buckets: 8, graph: [] }));
  const prepare = async (time: number): Promise<void> => {
    await log.planned(time, {}, 0);
    await log.prepared({ time, files: [], operators: [], transaction: { transactionalId, attempt: attemptAt(time) } });
  };
  for (const time of committed) {
    await prepare(time);
    await log.committed(time);
  }
  if (prepared !== undefined) await prepare(prepared);
  return log;
}

const kafkaHas = (batch: number): Parameters<typeof settleLast>[1] => {
  return { transactionalId, marker: { checkpoint: "c1", batch, attempt: attemptAt(batch) } };
};

test("a batch that was prepared is committed when Kafka has its marker, and runs again when it has the one before", async () => {
  const committed = await logOf({ committed: [1_000], prepared: 2_000 });
  await settleLast(committed, kafkaHas(2_000), new RecordedLog().log);
  assert.equal(committed.state.committed, 2_000);
  const aborted = await logOf({ committed: [1_000], prepared: 2_000 });
  await settleLast(aborted, kafkaHas(1_000), new RecordedLog().log);
  assert.equal(aborted.state.committed, 1_000);
});

test("where Kafka has lost the marker of a batch that is known to be committed the job goes on, and says so", async () => {
  const log = await logOf({ committed: [1_000, 2_000] });
  const said = new RecordedLog();
  await settleLast(log, kafkaHas(1_000), said.log);
  assert.deepEqual(
    said.messages.map(({ level, code, batchTime }) => [level, code, batchTime]),
    [["warn", "MARKER_LOST", 2_000]],
  );
  assert.match(
    said.warnings().join(),
    /is that of batch 2000, and Kafka has a marker of batch 1000 of "job-c1", which has lost the later one/,
  );
  assert.equal(log.state.committed, 2_000);
});

test("where Kafka has lost a marker nobody knows whether the batch after it was committed", async () => {
  const log = await logOf({ committed: [1_000, 2_000], prepared: 3_000 });
  await assert.rejects(settleLast(log, kafkaHas(1_000), new RecordedLog().log), {
    code: "TRANSACTION_UNCERTAIN",
    message: /which has lost the later one: it can't say whether batch 3000 was committed/,
  });
});
