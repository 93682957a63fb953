import { checkpointUnavailable } from "../../errors/unavailable.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { DirectoryFiles } from "../../state/files/directory-files.ts";
import { filesOf, type Manifest, type OperatorState } from "../../state/manifest.ts";
import { sortFiles } from "../../state/sorted/write/sort-files.ts";
import { StateGarbage } from "./state-garbage.ts";

/** The folder of a job's state files: the checkpoint's, or a temporary one where workers cannot keep state in memory. */
export class StateFolder {
  readonly path: string;
  readonly files: DirectoryFiles;
  readonly #garbage: StateGarbage;
  readonly #runtime: JobRuntime;
  readonly #isTemporary: boolean;

  private constructor(path: string, runtime: JobRuntime, isTemporary: boolean, check?: () => Promise<void>) {
    this.path = path;
    this.files = new DirectoryFiles(path, runtime);
    this.#garbage = new StateGarbage(path, runtime, check);
    this.#runtime = runtime;
    this.#isTemporary = isTemporary;
  }

  /** `check` throws when another driver has taken over the folder. @throws CHECKPOINT_UNAVAILABLE when it cannot be made. */
  static async open(directory: string, runtime: JobRuntime, check: () => Promise<void>): Promise<StateFolder> {
    await runtime.files.makeDirectory(directory).catch((error: unknown) => {
      throw checkpointUnavailable(`the folder ${directory} cannot be made`, error);
    });
    return new StateFolder(directory, runtime, false, check);
  }

  /** Below the system's folder for temporary files; it goes when it is closed. */
  static async temporary(runtime: JobRuntime): Promise<StateFolder> {
    return new StateFolder(await runtime.files.temporaryFolder("dstream-state-"), runtime, true);
  }

  /**
   * A manifest of the same state that can be used on disk; undefined when this one can.
   *
   * @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE, the signal's reason
   */
  sorted(manifest: Manifest, signal: AbortSignal): Promise<Manifest | undefined> {
    return sortFiles(manifest, this.files, signal, this.#runtime.random);
  }

  /** The batch of `time` turned one manifest into the next: what no batch needs any more is removed. */
  committed(time: number, before: Manifest, after: Manifest): Promise<void> {
    return this.#garbage.committed(time, before, after);
  }

  /** Keeps what the last manifest has of an operator, whatever batches come, until what it returns is called. */
  hold(state: OperatorState): () => void {
    return this.#garbage.hold([...filesOf([state]).keys()]);
  }

  async close(): Promise<void> {
    if (this.#isTemporary) await this.#runtime.files.removeTree(this.path);
  }
}
