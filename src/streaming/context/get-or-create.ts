import { resolve } from "node:path";
import { readCheckpoint } from "../../driver/checkpoint/open-checkpoint.ts";
import { setAside } from "../../driver/checkpoint/set-aside.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import { type JobRuntime, jobRuntime, runtimeKey } from "../../runtime/job-runtime.ts";

export interface GetOrCreateOptions {
  /** Begin anew when the checkpoint is damaged: it is moved into a folder `damaged-…` beside. Default false: throw. */
  readonly createOnError?: boolean;
  /** @internal As the context's. */
  readonly [runtimeKey]?: Partial<JobRuntime>;
}

/** Codes of a checkpoint that is there and cannot be used. */
const unusable: readonly string[] = ["CHECKPOINT_CORRUPT", "CHECKPOINT_TOO_NEW"];

/** Sees to it that a context can go on from `checkpointDir`, or begin there. */
export async function prepareCheckpoint(
  checkpointDir: string,
  { createOnError = false, [runtimeKey]: given }: GetOrCreateOptions,
): Promise<void> {
  const { files } = jobRuntime(given);
  const directory = resolve(checkpointDir);
  try {
    await readCheckpoint(directory, files);
  } catch (error) {
    if (!createOnError || !(error instanceof DStreamError) || !unusable.includes(error.code)) throw error;
    const aside = await setAside(directory, files);
    process.emitWarning(`${shownError(error)}; it was moved to ${aside}, and the job begins anew`, {
      type: "DStreamCheckpoint",
    });
  }
}
