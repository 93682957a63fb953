import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { JobHistory } from "../../../src/listeners/job-history.ts";
import type { BatchInfo } from "../../../src/listeners/streaming-listener.ts";
import type { JobDescription } from "../../../src/ui/job-description.ts";
import { sparkRest } from "../../../src/ui/rest/spark-rest.ts";

// Answers of a DStream job of Spark 3.5.7, by test/support/spark/record-rest.py.
const recorded = JSON.parse(readFileSync(new URL("./spark-rest-3.5.json", import.meta.url), "utf8")) as Readonly<
  Record<string, unknown>
>;

const start = 1_796_118_106_000;
const job: JobDescription = {
  id: "job-1",
  appName: "recorded",
  master: "local[2]",
  version: "0.1.0",
  startTime: start - 500,
  batchInterval: 1_000,
  inputs: ["lines"],
  operators: [],
  outputs: ["print", "foreachRDD"],
  configuration: {},
};

const batch = (i: number, more: Partial<BatchInfo> = {}): { batchInfo: BatchInfo } => ({
  batchInfo: {
    batchTime: start + i * 1_000,
    numRecords: 20,
    submissionTime: start + i * 1_000 + 3,
    streamIdToInputInfo: new Map([[0, { numRecords: 20, offsetRanges: [] }]]),
    outputOperationInfos: new Map(),
    ...more,
  },
});

function history(): JobHistory {
  const heard = new JobHistory();
  const receiverInfo = { streamId: 0, name: "SocketReceiver-0", active: false, lastErrorMessage: "no more data" };
  heard.onReceiverStopped({ receiverInfo });
  const delays = { schedulingDelay: 30, processingDelay: 41, totalDelay: 71 };
  const print = { batchTime: start, id: 0, name: "print", startTime: start + 34, endTime: start + 50 };
  const failed = { ...print, id: 1, name: "foreachRDD", endTime: start + 74, failureReason: "an output that fails" };
  const outputOperationInfos = new Map([
    [0, print],
    [1, failed],
  ]);
  heard.onBatchCompleted(batch(0, { ...delays, outputOperationInfos }));
  heard.onBatchStarted(batch(1, { schedulingDelay: 5 }));
  heard.onOutputOperationCompleted({ outputOperationInfo: { ...print, batchTime: start + 1_000 } });
  heard.onBatchSubmitted(batch(2));
  return heard;
}

function get(path: string): { status: number; body: unknown; text: string } {
  const url = new URL(`http://localhost/api/v1${path}`);
  const answer = sparkRest({ job, history: history() }, url, start + 3_000);
  assert.ok(answer !== undefined, path);
  const text = String(answer.body);
  return { status: answer.status, body: answer.status === 200 ? JSON.parse(text) : undefined, text };
}

/** Names and types, in the order of the names. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shapeOf(each)]));
}

/** Of a shape those fields that Spark leaves out where it does not know them. */
function without(shape: unknown, names: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(shape as object).filter(([name]) => !names.includes(name)));
}

test("what Spark's REST API says of a streaming job, we say with the same names, in the same order, of the same types", () => {
  const id = `/applications/${job.id}`;
  for (const [theirs, ours] of [
    ["/applications", "/applications"],
    ["/applications/ID", id],
    ["/applications/ID/streaming/statistics", `${id}/streaming/statistics`],
    ["/applications/ID/streaming/receivers", `${id}/streaming/receivers`],
    ["/applications/ID/streaming/receivers/0", `${id}/streaming/receivers/0`],
    ["/applications/ID/streaming/batches COMPLETED", `${id}/streaming/batches/${start}`],
    ["/applications/ID/streaming/batches PROCESSING", `${id}/streaming/batches/${start + 1_000}`],
    ["/applications/ID/streaming/batches QUEUED", `${id}/streaming/batches/${start + 2_000}`],
    ["/applications/ID/streaming/batches/ID/operations QUEUED", `${id}/streaming/batches/${start + 2_000}/operations`],
  ] as const) {
    const [wanted, given] = [shapeOf(recorded[theirs]), shapeOf(get(ours).body)];
    // Compared as texts, since the order of the names counts, too. Jobs of Spark have no counterpart: there are none.
    assert.equal(JSON.stringify(given), JSON.stringify(wanted), ours);
  }
});

test("output operations have Spark's fields, the failed one its reason", () => {
  const theirs = recorded["/applications/ID/streaming/batches/ID/operations COMPLETED"] as { failureReason?: string }[];
  const ours = get(`/applications/${job.id}/streaming/batches/${start}/operations`).body as {
    failureReason?: string;
  }[];
  const failed = (all: { failureReason?: string }[]): object =>
    all.find(({ failureReason }) => failureReason) as object;
  const names = ["jobIds"];
  assert.deepEqual(without(shapeOf(failed(ours)), names), without(shapeOf(failed(theirs)), names));
  assert.equal((failed(ours) as { duration: number }).duration, 40);
});

test("batches are listed newest first, and chosen by status as Spark's are", () => {
  const path = `/applications/${job.id}/streaming/batches`;
  const list = (query: string): unknown[] =>
    (get(path + query).body as { batchId: number; status: string }[]).map(({ batchId, status }) => [
      (batchId - start) / 1_000,
      status,
    ]);
  assert.deepEqual(list(""), [
    [2, "QUEUED"],
    [1, "PROCESSING"],
    [0, "COMPLETED"],
  ]);
  assert.deepEqual(list("?status=completed&status=QUEUED"), [
    [2, "QUEUED"],
    [0, "COMPLETED"],
  ]);
  assert.deepEqual(list("?status=FAILED"), []);
});

test("what is not there is 404, in Spark's words", () => {
  const id = `/applications/${job.id}/streaming`;
  for (const [path, words] of [
    ["/applications/nope", "no such app: nope"],
    [`${id}/batches/1`, "unknown batch: 1"],
    [`${id}/receivers/9`, "unknown receiver: 9"],
    [`${id}/batches/${start}/operations/99`, "unknown output operation: 99"],
    [`${id}/batches?status=X`, "unknown status: X"],
  ] as const) {
    const { status, text } = get(path);
    assert.deepEqual([status, text.trim()], [404, words]);
  }
  const nothing = sparkRest({ job, history: history() }, new URL(`http://localhost/api/v1${id}/nothing`), 0);
  assert.equal(nothing, undefined);
});
