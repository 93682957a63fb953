import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import type { BatchInfo } from "../../listeners/streaming-listener.ts";
import type { JobView } from "../views/page-data.ts";
import { type LogLine, lineText } from "./event-line.ts";
import { HistorySite } from "./history-site.ts";
import { listRuns } from "./list-runs.ts";

function head(id: string, startTime: number): LogLine {
  const job = { id, appName: "words & <more>", master: "local", version: "1.0.0", startTime, batchInterval: 1_000 };
  const parts = { inputs: [], operators: [], outputs: [], configuration: {} };
  const before = { completed: 0, failed: 0, retries: 0, records: 0 };
  return { event: "job", job: { ...job, ...parts }, before };
}

function batch(batchTime: number): LogLine {
  const batchInfo: BatchInfo = {
    ...{
      batchTime,
      submissionTime: batchTime,
      numRecords: 1,
      schedulingDelay: 0,
      processingDelay: 500,
      totalDelay: 500,
    },
    ...{ processingStartTime: batchTime, processingEndTime: batchTime + 500 },
    ...{ streamIdToInputInfo: new Map(), outputOperationInfos: new Map() },
  };
  return { event: "onBatchCompleted", payload: { batchInfo } };
}

const failure: LogLine = { event: "onStreamingFailed", payload: { time: 3_000, reason: "[KAFKA_ERROR] down" } };

/** A run's file, each line as it is given. */
function write(directory: string, id: string, lines: readonly (LogLine | string)[]): void {
  mkdirSync(join(directory, id));
  const text = lines.map((line) => (typeof line === "string" ? line : lineText(line)));
  writeFileSync(join(directory, id, "events-1.jsonl"), text.join(""));
}

/** A folder with a run that ended, one that failed and one that was killed. */
function logs(t: TestContext): string {
  const directory = temporaryDirectory(t);
  write(directory, "ended", [head("ended", 3_000), batch(4_000), { event: "end", time: 5_000 }]);
  write(directory, "failed", [head("failed", 2_000), failure, { event: "end", time: 64_000 }]);
  write(directory, "killed", [head("killed", 1_000), batch(2_000)]);
  return directory;
}

async function asked(directory: string, path: string): Promise<string> {
  const site = new HistorySite(directory, (text) => assert.fail(text));
  const answer = await site.answer(new URL(path, "http://localhost"), {});
  return String(answer?.body);
}

test("the list of applications has each run's attempt, as its own page gives it: one without an end is not completed", async (t) => {
  const directory = logs(t);
  const all = JSON.parse(await asked(directory, "/api/v1/applications")) as { attempts: [Record<string, unknown>] }[];
  for (const [i, id] of ["ended", "failed", "killed"].entries()) {
    assert.deepEqual([all[i]], JSON.parse(await asked(directory, `/jobs/${id}/api/v1/applications`)));
  }
  assert.deepEqual(
    all.map(({ attempts: [{ completed, endTimeEpoch, duration }] }) => [completed, endTimeEpoch, duration]),
    [
      [true, 5_000, 2_000],
      [true, 64_000, 62_000],
      [false, -1, 1_500],
    ],
  );
});

test("the list of runs says when each ended, how long it took, and how it ended", async (t) => {
  const page = await asked(logs(t), "/");
  const rows = [...page.matchAll(/<tr><th scope="row"><a href="([^"]*)">([^<]*)<\/a><\/th>(.*?)<\/tr>/g)].map(
    ([, link, name, cells = ""]) => [link, name, ...cells.slice(4, -5).split("</td><td>")],
  );
  const name = "words &amp; &lt;more&gt;";
  assert.deepEqual(rows, [
    ["jobs/ended/", name, "local", "1970-01-01T00:00:03.000Z", "1970-01-01T00:00:05.000Z", "2.0 s", "ended"],
    ["jobs/failed/", name, "local", "1970-01-01T00:00:02.000Z", "1970-01-01T00:01:04.000Z", "1 min 2 s", "failed"],
    ["jobs/killed/", name, "local", "1970-01-01T00:00:01.000Z", "–", "1.5 s", "killed or still running"],
  ]);
});

test("event logs that cannot be read are listed with what is wrong, and folders that are none are not", async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, "something-else"));
  write(directory, "empty", []);
  write(directory, "no-head", [batch(1_000)]);
  write(directory, "null", ["null\n"]);
  write(directory, "half", ['{"event":"job","job":{"id":"half"}}\n']);
  write(directory, "other-name", [head("a-run", 1_000)]);
  const { runs, unreadable, isOneRun } = await listRuns(directory);
  const noHead = "its first line is not that of an event log";
  assert.deepEqual([runs, isOneRun], [[], false]);
  assert.deepEqual(Object.fromEntries(unreadable.map(({ name, problem }) => [name, problem])), {
    ...{ empty: "it is empty", "no-head": noHead, null: noHead, half: noHead },
    "other-name": "it is that of a-run: give its folder this name",
  });
  assert.ok((await asked(directory, "/")).includes("<li>empty: it is empty</li>"));
});

test("lines that are none of an event log are passed over, and the run's page says how many", async (t) => {
  const directory = logs(t);
  const path = join(directory, "ended", "events-1.jsonl");
  appendFileSync(path, '{"event":"onOutputOperationStarted","payload":{}}\nnull\n{"event":"onBatchComp');
  write(directory, "one", [head("one", 1_000), "@@@\n", batch(2_000), { event: "end", time: 3_000 }]);
  const problems = async (id: string): Promise<string[]> => {
    const { status } = JSON.parse(await asked(directory, `/jobs/${id}/api/v1/job`)) as JobView;
    return status.problems.map(({ text }) => text);
  };
  const why = "could not be read: damaged, cut by a crash, or of a later version";
  assert.deepEqual(await problems("ended"), [`3 lines of the log ${why}`]);
  assert.deepEqual(await problems("one"), [`1 line of the log ${why}`]);
});

test("a log whose file cannot be read is listed, and its page is not there", async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, "folder", "events-1.jsonl"), { recursive: true });
  const { unreadable } = await listRuns(directory);
  assert.deepEqual(unreadable, [{ name: "folder", problem: "EISDIR: illegal operation on a directory, read" }]);
  const site = new HistorySite(directory, (text) => assert.fail(text));
  assert.equal(await site.answer(new URL("http://localhost/jobs/folder/api/v1/job"), {}), undefined);
});

test("the failure of a run whose last file begins after it is told", async (t) => {
  const directory = temporaryDirectory(t);
  write(directory, "rolled", [head("rolled", 1_000), failure]);
  const last = [head("rolled", 1_000), { event: "end", time: 5_000 } as const].map(lineText);
  writeFileSync(join(directory, "rolled", "events-2.jsonl"), last.join(""));
  assert.deepEqual(
    (await listRuns(directory)).runs.map(({ outcome, endTime }) => [outcome, endTime]),
    [["failed", 5_000]],
  );
});

test("a folder without event logs, and that of one run, are said to be so, with the folder that is wanted", async (t) => {
  const directory = logs(t);
  const wanted = "the one wanted is that which a job has as its eventLog";
  assert.match(await asked(join(directory, "ended"), "/"), new RegExp(`This folder is that of one run: ${wanted}`));
  const empty = temporaryDirectory(t);
  assert.match(await asked(empty, "/"), new RegExp(`This folder has no event logs: ${wanted}`));
  assert.doesNotMatch(await asked(directory, "/"), new RegExp(wanted));
});

test("a run that was killed is unended, and a page of history asks for neither buckets nor values of state", async (t) => {
  const directory = logs(t);
  const states: Record<string, string> = {};
  for (const id of ["ended", "failed", "killed"]) {
    const view = JSON.parse(await asked(directory, `/jobs/${id}/api/v1/job`)) as JobView;
    assert.deepEqual([view.showsBuckets, view.showsState], [false, false]);
    states[id] = view.status.state;
  }
  assert.deepEqual(states, { ended: "stopped", failed: "failed", killed: "unended" });
});
