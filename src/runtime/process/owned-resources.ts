import { AsyncLocalStorage } from "node:async_hooks";
import type { Timers } from "../machine/timers.ts";
import { leaveBehind } from "../unless-abandoned.ts";

/** Something that keeps the process alive while it is open. Closing it again does nothing. */
export interface Closable {
  close(): Promise<void>;
}

/** What functions of the program may take to close what they opened. */
const closingMs = 2_000;

const key = Symbol.for("dstream.owned-resources");

/** Two copies of the package in one process have one storage. */
function storage(): AsyncLocalStorage<OwnedResources> {
  const globals = globalThis as { [key]?: AsyncLocalStorage<OwnedResources> };
  globals[key] ??= new AsyncLocalStorage();
  return globals[key];
}

/**
 * What functions of the program opened in tasks, a producer for one. Nobody else can know when it is needed no more; with the place
 * that runs the tasks it is closed, so that it keeps no process alive.
 */
export class OwnedResources {
  readonly #open = new Set<Closable>();
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Runs code whose resources are owned from here. */
  owning<R>(f: () => R): R {
    return storage().run(this, f);
  }

  add(resource: Closable): void {
    this.#open.add(resource);
  }

  delete(resource: Closable): void {
    this.#open.delete(resource);
  }

  /** Resolves when everything is closed, or does not let itself be closed in time. */
  async close(): Promise<void> {
    const closing = Promise.allSettled([...this.#open].map((resource) => resource.close()));
    this.#open.clear();
    await leaveBehind(closing, closingMs, this.#timers);
  }
}

/** The owner of what is opened right here; undefined outside of tasks. */
export function resourceOwner(): OwnedResources | undefined {
  return storage().getStore();
}
