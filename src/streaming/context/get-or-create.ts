import { resolve } from "node:path";
import { readCheckpoint } from "../../driver/checkpoint/open-checkpoint.ts";
import { setAside } from "../../driver/checkpoint/set-aside.ts";
import type { ErrorCode } from "../../errors/codes.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import { type JobRuntime, jobRuntime, runtimeKey } from "../../runtime/job-runtime.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";

export interface GetOrCreateOptions {
  /** Begin anew when the checkpoint is damaged: it is moved into a folder `damaged-…` beside. Default false: throw. */
  readonly createOnError?: boolean;
  /** @internal As the context's. */
  readonly [runtimeKey]?: Partial<JobRuntime>;
}

/** Codes of a checkpoint that is there and cannot be used. */
const unusable: readonly string[] = ["CHECKPOINT_CORRUPT", "CHECKPOINT_TOO_NEW"];

interface Creation<T> {
  readonly make: () => Promise<T>;
  readonly logOf: (made: T) => JobLog;
}

/** Makes a context when one can go on from `checkpointDir`, or begin there. That a checkpoint was set aside its log has. */
export async function createPrepared<T>(
  checkpointDir: string,
  options: GetOrCreateOptions,
  { make, logOf }: Creation<T>,
): Promise<T> {
  const runtime = jobRuntime(options[runtimeKey]);
  const moved = await prepare(resolve(checkpointDir), options, runtime);
  let { log } = runtime;
  try {
    const made = await make();
    log = logOf(made);
    return made;
  } finally {
    if (moved !== undefined) log.warn("CHECKPOINT_SET_ASIDE", moved.text, { errorCode: moved.errorCode });
  }
}

/** What is to be said of a checkpoint that was set aside; undefined where it can be used. */
async function prepare(
  directory: string,
  { createOnError = false }: GetOrCreateOptions,
  runtime: JobRuntime,
): Promise<{ readonly text: string; readonly errorCode: ErrorCode } | undefined> {
  try {
    await readCheckpoint(directory, runtime.files);
    return undefined;
  } catch (error) {
    if (!createOnError || !(error instanceof DStreamError) || !unusable.includes(error.code)) throw error;
    const aside = await setAside(directory, runtime);
    const text = `${shownError(error)}; it was moved to ${aside}, and the job begins anew`;
    return { text, errorCode: error.code };
  }
}
