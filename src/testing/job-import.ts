import { importJobModule } from "../runtime/job-modules.ts";

// A worker imports the module that exports the test job, which may be the file whose tests run it. A run of batches waits for ever
// there; but awaited at the module's top level it would keep the import itself from ever ending.

let pending: string | undefined;

/** Imports the module of a test job, in a worker. */
export async function importTestModule(url: string): Promise<Record<string, unknown>> {
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
