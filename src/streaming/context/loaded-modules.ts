import type { JobBuild } from "../../cluster/local/job-build.ts";
import type { Workers } from "../../cluster/local/worker-port.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { jobFilePath } from "./job-place.ts";
import { resolveMaster } from "./master.ts";
import type { EffectiveOptions } from "./spark-conf/effective-options.ts";

/**
 * The job's modules as they are when the program makes its context, which is as soon as anything here can know of them: what is
 * changed between then and `start()` runs in workers, and not in the driver, which has loaded the former one.
 */
export class LoadedModules {
  readonly #workers: Workers;
  /** Undefined where no other process or thread loads them, and where they cannot be read, which `start()` says. */
  readonly #build: Promise<JobBuild | undefined>;

  constructor({ jobFile, master, workers, runtime: { process } }: EffectiveOptions) {
    this.#workers = workers;
    const isShared = process.role === undefined && resolveMaster(master, process) !== "local";
    const build = isShared ? workers.buildOf(jobFilePath(jobFile, process)) : Promise.resolve(undefined);
    this.#build = build.catch(() => undefined);
  }

  /** @throws BUILD_MISMATCH naming a module that was changed. */
  async check(): Promise<void> {
    const build = await this.#build;
    const changed = build && (await this.#workers.changedModule(build));
    if (changed === undefined) return;
    const text = `${changed} changed after the program had loaded it: driver and workers would run different programs`;
    throw new DStreamError("BUILD_MISMATCH", text, { data: { file: changed } });
  }
}
