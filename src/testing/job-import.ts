import { DStreamError } from "../errors/dstream-error.ts";
import { importJobModule } from "../runtime/process/job-modules.ts";
import { thisProcess } from "../runtime/process/this-process.ts";
import type { TestJobSpec } from "./test-context.ts";
import type { TestJob } from "./test-job.ts";

// A worker imports the module that exports the test job, which may be the file whose tests run it. A run of batches waits for ever
// there; but awaited at the module's top level it would keep the import itself from ever ending. The same goes for the process of
// a life that is to be killed.

let pending: string | undefined;
let isApart = false;

/** Says that this process lives one life of a test that another process runs. */
export function liveApart(): void {
  isApart = true;
}

/** Whether modules are imported here for the jobs that they export, and not for the tests in them. */
export function isForJobsOnly(): boolean {
  return isApart || thisProcess.role !== undefined;
}

/** The job that a module exports, by itself or in a list. @throws GRAPH_MISMATCH when there is none. */
export async function findTestJob({ url, name }: TestJobSpec): Promise<TestJob<any, unknown>> {
  for (const exported of Object.values(await importTestModule(url)).flat() as Partial<TestJob<any, unknown>>[]) {
    if (exported?.name === name && exported.url === url) return exported as TestJob<any, unknown>;
  }
  throw new DStreamError("GRAPH_MISMATCH", `the module of test job "${name}" does not export it at top level`);
}

async function importTestModule(url: string): Promise<Record<string, unknown>> {
  pending = url;
  try {
    return await importJobModule(url);
  } finally {
    pending = undefined;
  }
}

/** The module whose import has not ended yet. */
export function jobModuleInImport(): string | undefined {
  return pending;
}
