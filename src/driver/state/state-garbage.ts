import { join } from "node:path";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { filesOf, type Manifest } from "../../state/manifest.ts";

/** Batches between two looks at the whole folder. */
const sweepInterval = 100;

/**
 * Removes state files that nothing needs any more, and that no successor of this driver can need: what is removed is chosen before
 * the driver looks whether it still has the checkpoint, and a successor makes none of the same name. A file that a batch's manifest no longer names is kept for one batch more,
 * since a task that was given up may still read it, and longer while somebody who asks for state holds it. What failed attempts left
 * is found by looking at the whole folder, now and then. A file that cannot be removed costs space and nothing else, so it is left for
 * the next look.
 */
export class StateGarbage {
  readonly #directory: string;
  readonly #runtime: Pick<JobRuntime, "files" | "crashPoint">;
  readonly #check: () => Promise<void>;
  /** Who holds each file that is held: how many. */
  readonly #holders = new Map<string, number>();
  #doomed: readonly string[] = [];
  #batches = 0;

  /** `check` throws when another driver has taken over the folder. Default: it is this one's alone. */
  constructor(
    directory: string,
    runtime: Pick<JobRuntime, "files" | "crashPoint">,
    check = async (): Promise<void> => {},
  ) {
    this.#directory = directory;
    this.#runtime = runtime;
    this.#check = check;
  }

  /** Keeps files of the last manifest, whatever batches come, until what it returns is called. */
  hold(ids: readonly string[]): () => void {
    for (const id of ids) this.#holders.set(id, (this.#holders.get(id) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (isHeld) for (const id of ids) this.#letGo(id);
      isHeld = false;
    };
  }

  /** The batch of `time` turned one manifest into the next, and `check` passed since. @throws what `check` throws */
  async committed(time: number, before: Manifest, after: Manifest): Promise<void> {
    const needed = filesOf(after);
    const free = this.#doomed.filter((id) => !this.#holders.has(id));
    const held = this.#doomed.filter((id) => this.#holders.has(id));
    this.#doomed = [...held, ...[...filesOf(before).keys()].filter((id) => !needed.has(id))];
    if (free.length > 0) await this.#runtime.crashPoint("in-cleanup");
    await this.#remove(free);
    if (this.#batches++ % sweepInterval === 0) await this.#sweep(time, new Set([...needed.keys(), ...this.#doomed]));
  }

  #letGo(id: string): void {
    const holders = (this.#holders.get(id) ?? 1) - 1;
    if (holders === 0) this.#holders.delete(id);
    else this.#holders.set(id, holders);
  }

  /** Names begin with the time of their batch; of batches that are to come nothing is known yet. */
  async #sweep(time: number, kept: ReadonlySet<string>): Promise<void> {
    const names = (await this.#runtime.files.list(this.#directory).catch((): string[] => [])).sort();
    await this.#check();
    await this.#remove(names.filter((name) => Number.parseInt(name, 10) <= time && !kept.has(name)));
  }

  async #remove(names: readonly string[]): Promise<void> {
    await Promise.allSettled(names.map((name) => this.#runtime.files.remove(join(this.#directory, name))));
  }
}
