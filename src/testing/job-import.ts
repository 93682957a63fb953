// A worker imports the module that exports the test job, which may be the file whose tests run it. A run of batches waits for ever
// there; but awaited at the module's top level it would keep the import itself from ever ending.

let isPending = false;

/** Imports the module of a test job, in a worker. */
export async function importJobModule(url: string): Promise<Record<string, unknown>> {
  isPending = true;
  try {
    return await import(url);
  } finally {
    isPending = false;
  }
}

/** Whether the import has not ended yet. */
export function isImportingJob(): boolean {
  return isPending;
}
