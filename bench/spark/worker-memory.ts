// node bench/spark/worker-memory.ts [CORES…]: what the worker's processes take besides Spark's own, by cores of the executor and by keys of state.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { membersOf } from "../../test/support/process-group.ts";
import { type SparkServer, startSpark } from "../../test/support/spark/start-spark.ts";
import { numBatches, workerMemoryJobs } from "./worker-memory-jobs.ts";

const given = process.argv.slice(2).map(Number);
const cores = given.length > 0 ? given : [1, 2, 4];

/** As YARN counts it: what is resident of each process, pages that several of them share as often. */
function residentMb(pid: number): number {
  const [, kb] = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1024;
}

/** The largest seen after any batch: of the daemon, and of its children together. */
async function measure(spark: SparkServer, keys: "0" | "100000" | "1000000"): Promise<string> {
  const checkpointDir = mkdtempSync(join(tmpdir(), "dstream-bench-"));
  const job = await workerMemoryJobs.start(keys, "", { master: spark.url, checkpointDir });
  let most = { all: 0, daemon: 0, children: [] as number[] };
  for (let batch = 0; batch < numBatches; batch++) {
    await job.next();
    const members = (await membersOf(spark.groups)).filter(({ command }) => command.includes("worker.mjs"));
    const [daemon = 0] = members
      .filter(({ command }) => !command.includes("--child"))
      .map(({ pid }) => residentMb(pid));
    const children = members.filter(({ command }) => command.includes("--child")).map(({ pid }) => residentMb(pid));
    const all = children.reduce((sum, each) => sum + each, daemon);
    if (all > most.all) most = { all, daemon, children };
  }
  await job.stop();
  await SharedSession.closeAll();
  rmSync(checkpointDir, { recursive: true, force: true });
  const shown = most.children.map((mb) => Math.round(mb)).sort((a, b) => b - a);
  return `${keys} | ${Math.round(most.daemon)} | ${shown.join(", ")} | ${Math.round(most.all)}`;
}

console.log("| cores | keys | daemon, MB | its children, MB | together, MB |\n| --- | --- | --- | --- | --- |");
for (const number of cores) {
  const spark = await startSpark({ mode: "local", conf: { "spark.master": `local[${number}]` } });
  for (const keys of ["0", "100000", "1000000"] as const) console.log(`| ${number} | ${await measure(spark, keys)} |`);
  await spark.stop();
}
