import { DStreamError } from "../errors/dstream-error.ts";
import { importTestModule } from "./job-import.ts";
import type { TestJobSpec } from "./test-context.ts";
import type { TestJob } from "./test-job.ts";

/** The job that a module exports, by itself or in a list. @throws GRAPH_MISMATCH when there is none. */
export async function findTestJob({ url, name }: TestJobSpec): Promise<TestJob<any, unknown>> {
  for (const exported of Object.values(await importTestModule(url)).flat() as Partial<TestJob<any, unknown>>[]) {
    if (exported?.name === name && exported.url === url) return exported as TestJob<any, unknown>;
  }
  throw new DStreamError("GRAPH_MISMATCH", `the module of test job "${name}" does not export it at top level`);
}
