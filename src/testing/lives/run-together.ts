import { join } from "node:path";
import { readCheckpoint } from "../../driver/checkpoint/open-checkpoint.ts";
import { invalidOption } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { type JobRuntime, runtimeKey } from "../../runtime/job-runtime.ts";
import type { StateStoreKind } from "../../state/open-state-store.ts";
import { isForJobsOnly, jobModuleInImport } from "../job-import.ts";
import { kitRuntime } from "../kit-runtime.ts";
import { ManualClock } from "../manual-clock.ts";
import type { BatchActions, QueuedJob, TestContextSpec } from "../test-context.ts";
import type { Batches, RunOptions, TestJob } from "../test-job.ts";
import { CommitWatch } from "./commit-watch.ts";
import { runKilledLife } from "./killed-life.ts";
import { type InputPlan, type Life, planLives, readInput } from "./plan-lives.ts";
import { runLife } from "./run-life.ts";
import { withCheckpoint } from "./with-checkpoint.ts";

/** A test job and what it is given, whatever its types. */
export interface JobRun {
  readonly job: TestJob<any, unknown>;
  readonly inputs: readonly Batches<unknown>[];
  readonly numInputPartitions: number;
}

export interface TogetherOptions {
  readonly master: string;
  readonly batchInterval: number;
  /** Default: as many as the longest input has. */
  readonly numBatches?: number | undefined;
  readonly checkpointDir?: string | undefined;
  readonly clock?: ManualClock | undefined;
  /** Of the job's first life, its second, and so on, again and again. Default: the context's own. */
  readonly stateStores?: readonly StateStoreKind[] | undefined;
  readonly looksAt?: LooksAt | undefined;
  readonly [runtimeKey]?: Partial<JobRuntime>;
  readonly afterBatch?: RunOptions["afterBatch"];
}

/**
 * What is refused because a test would not look at it: inputs with rows that no output reads, and also batches that would not run, since
 * they lie behind the last one or before what the checkpoint has. Default: nothing.
 */
export type LooksAt = "inputs" | "inputs and batches";

/**
 * Runs test jobs as one job, which costs one start for all of them, by a manual clock: entry i of each input is delivered in
 * batch i+1, and a fault of any input hits all of them. Returns the rows of each batch of each job, each once, in order of
 * batch time, however often the batch was run; a batch without an RDD has none.
 */
export async function runTogether(runs: readonly JobRun[], options: TogetherOptions): Promise<unknown[][][]> {
  if (isForJobsOnly()) return inWorker();
  const { master, batchInterval, clock = new ManualClock() } = options;
  const startTime = Math.floor(clock.now() / batchInterval) * batchInterval;
  const runtime = kitRuntime(options[runtimeKey]);
  const inputs = runs.map((run) => run.inputs.map(readInput));
  const numBatches = options.numBatches ?? Math.max(0, ...inputs.flat().map(({ entries }) => entries.length));
  const looksAtBatches = options.looksAt === "inputs and batches";
  if (looksAtBatches) checkBatches(inputs.flat(), numBatches);
  const lives = planLives(inputs.flat(), { master, startTime, batchInterval, numBatches });
  const results = runs.map(() => new Map<number, readonly unknown[]>());
  await withCheckpoint(options.checkpointDir, async (checkpointDir) => {
    if (looksAtBatches) await checkUnknown(checkpointDir, startTime, runtime);
    const spec: TestContextSpec = {
      jobs: runs.map(({ job: { url, name }, numInputPartitions }, i) => {
        return { url, name, numInputs: inputs[i]?.length ?? 0, numInputPartitions };
      }),
      master,
      startTime,
      batchInterval,
      checkpointDir,
      hasFails: lives.some(({ fails }) => fails.length > 0),
      looksAtInputs: options.looksAt !== undefined,
    };
    const jobs = runs.map(({ job }, i) => ({ job, queues: inputs[i]?.map(({ entries }) => entries) ?? [] }));
    const collect: BatchActions["collect"] = (index, rows, time) => void results[index]?.set(time, rows);
    const watch =
      options.afterBatch && (await CommitWatch.begin(spec, jobs, { checkpointDir, runtime }, options.afterBatch));
    await live(lives, {
      spec,
      jobs,
      clock,
      collect,
      checkpointDir,
      stateStores: options.stateStores ?? [],
      runtime,
      watch,
    });
  });
  const times = Array.from({ length: numBatches }, (_, i) => startTime + (i + 1) * batchInterval);
  return results.map((batches) => times.map((time) => [...(batches.get(time) ?? [])]));
}

/** @throws INVALID_OPTION for input that no batch would get. */
function checkBatches(inputs: readonly InputPlan[], numBatches: number): void {
  const longest = Math.max(0, ...inputs.map(({ entries }) => entries.length));
  if (numBatches >= longest) return;
  const allowed = `at least ${longest}, as many as the longest input has: a test must not leave input unlooked at`;
  throw invalidOption("the number of batches", numBatches, allowed);
}

/** @throws INVALID_OPTION for batches that a checkpoint knows already: they would not run. */
async function checkUnknown(checkpointDir: string, startTime: number, runtime: JobRuntime): Promise<void> {
  const known = await lastKnown(checkpointDir, startTime, runtime);
  if (known <= startTime) return;
  const allowed = `one that starts at ${known} or later: checkpointDir has the batches up to then, which would not run again`;
  throw invalidOption("clock", `one at ${startTime}`, allowed);
}

interface Living {
  readonly spec: TestContextSpec;
  readonly jobs: readonly QueuedJob[];
  readonly clock: ManualClock;
  readonly collect: BatchActions["collect"];
  readonly checkpointDir: string;
  readonly stateStores: readonly StateStoreKind[];
  readonly runtime: JobRuntime;
  readonly watch: CommitWatch | undefined;
}

async function live(lives: readonly Life[], living: Living): Promise<void> {
  const { jobs, clock, collect, checkpointDir, stateStores, runtime, watch } = living;
  const between = watch && (() => watch.look());
  for (const [index, { master, until, kill, fails }] of lives.entries()) {
    const spec = { ...living.spec, stateStore: stateStores[index % stateStores.length] };
    if (kill === undefined) {
      const isRestarted = index < lives.length - 1;
      await runLife({ spec: { ...spec, master }, jobs, clock, until, fails, isRestarted, collect, runtime, between });
      continue;
    }
    const failsBefore = fails.filter(({ batchTime }) => batchTime === kill.batchTime).length;
    const armed = { ...kill, failsBefore, meetAt: join(checkpointDir, "killed-here") };
    const queues = jobs.map((job) => job.queues);
    const told = { spec: { ...spec, master, kill: armed }, queues, now: clock.now(), until, fails };
    await runKilledLife({ ...told, kill: armed, isWatched: watch !== undefined }, collect, between);
    await between?.();
    await clock.advance(Math.max(0, (await lastKnown(checkpointDir, spec.startTime, runtime)) - clock.now()));
  }
}

/** The last batch time that the checkpoint knows: the next life goes on there, with this batch if it was not committed. */
async function lastKnown(checkpointDir: string, startTime: number, { files }: JobRuntime): Promise<number> {
  const { planned, committed } = (await readCheckpoint(checkpointDir, files)) ?? {};
  return planned?.time ?? committed ?? startTime;
}

/** A worker imports the modules of the jobs, which may be the very test file that calls this: its tests run in the driver only. */
function inWorker(): Promise<never> {
  const url = jobModuleInImport();
  if (url === undefined) return new Promise(() => {});
  const text = `${url} awaits a test at its top level, but workers import it, too; call it inside test(), or move the job to a module of its own`;
  throw new DStreamError("GRAPH_MISMATCH", text);
}
