import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { dialectNamed } from "../../src/cluster/spark/versions/find-dialect.ts";
import { fromSources } from "../support/from-sources.ts";
import { membersOf } from "../support/process-group.ts";
import { endProcess, startProcess } from "../support/processes.ts";
import { testedSpark } from "../support/spark/spark-releases.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { faultJobs } from "./jobs/fault-jobs.ts";

// The processes of a session end with it, and those of others stay.

const program = fileURLToPath(new URL("jobs/endless-job.ts", import.meta.url));

let spark: SparkServer;

before(async () => {
  // Daemons would wait for 75 s.
  spark = await startSpark({ mode: "local-cluster", env: { DSTREAM_WORKER_POOL_MS: "2000" } });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

/** The daemons of sessions and their children. */
async function workers(): Promise<{ readonly daemons: number[]; readonly children: number[] }> {
  const all = (await membersOf(spark.groups)).filter(({ command }) => /dstream-worker|worker\.mjs/.test(command));
  const [children, daemons] = [all.filter(isChild), all.filter((member) => !isChild(member))];
  return { daemons: daemons.map(({ pid }) => pid), children: children.map(({ pid }) => pid) };
}

const isChild = ({ command }: { command: string }): boolean => command.includes("--child");

async function until(what: () => Promise<boolean>, withinMs: number): Promise<number> {
  const began = performance.now();
  while (!(await what())) {
    assert.ok(performance.now() - began < withinMs, `not within ${withinMs} ms`);
    await delay(100);
  }
  return Math.round(performance.now() - began);
}

/** A job in a process of its own that has a batch each second. */
async function startDriver(): Promise<ChildProcess> {
  const child = startProcess(process.execPath, [fromSources, program, spark.url]);
  child.stderr?.pipe(process.stderr);
  await Promise.race([
    once(child.stdout as NonNullable<typeof child.stdout>, "data"),
    once(child, "exit").then(() => assert.fail("the job ended")),
  ]);
  return child;
}

test("when a job stops its daemons and workers end at once, and those of another session go on", async (t) => {
  const other = await startDriver();
  t.after(() => endProcess(other, "SIGKILL"));
  const others = await workers();
  for (let i = 0; i < 2; i++) {
    const job = await faultJobs.start("places", "", { master: spark.url });
    assert.equal((await job.next()).length, 8);
    assert.equal((await workers()).daemons.length, 2 + others.daemons.length);
    await job.stop();
    await SharedSession.closeAll();
    const isOver = async (): Promise<boolean> => (await workers()).daemons.length === others.daemons.length;
    t.diagnostic(`gone ${await until(isOver, 5_000)} ms after the stop`);
  }
  const still = await workers();
  assert.deepEqual(still.daemons, others.daemons);
  other.kill("SIGTERM");
  assert.deepEqual(await once(other, "exit"), [0, null]);
  await until(async () => (await workers()).daemons.length === 0, 5_000);
  assert.deepEqual((await workers()).children, []);
});

test("when a driver is killed its workers end soon, and its daemons when Spark cannot need them", async (t) => {
  if (!dialectNamed(testedSpark())?.replacesEndedWorkers) return t.skip("this Spark would fail tasks by them");
  const driver = await startDriver();
  assert.ok((await workers()).children.length >= 2);
  await endProcess(driver, "SIGKILL");
  t.diagnostic(`no worker after ${await until(async () => (await workers()).children.length === 0, 30_000)} ms`);
  t.diagnostic(`no daemon after ${await until(async () => (await workers()).daemons.length === 0, 10_000)} ms more`);
});
