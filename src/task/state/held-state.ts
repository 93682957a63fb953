import { atOnce } from "../../errors/user-code/at-once.ts";
import type { KeyState } from "../../plan/graph/nodes/keyed.ts";

/** The state of one key in the hands of mapWithState's function, with Spark's rules and its words where they are broken. */
export class HeldState implements KeyState {
  readonly #isTimingOut: boolean;
  #value: unknown;
  #isRemoved = false;
  #isUpdated = false;

  /** `value` undefined: the key has no state. */
  constructor(value: unknown, { isTimingOut = false } = {}) {
    this.#value = value;
    this.#isTimingOut = isTimingOut;
  }

  /** Whether the function changed the state since the key's first value in the batch. */
  get isUpdated(): boolean {
    return this.#isUpdated;
  }

  /** The function is called with another value of the key: a state that was removed may be set again. */
  next(): this {
    this.#isRemoved = false;
    return this;
  }

  exists(): boolean {
    return this.#value !== undefined;
  }

  get(): unknown {
    if (this.#value === undefined) throw new Error("State is not set");
    return this.#value;
  }

  getOption(): unknown {
    return this.#value;
  }

  update(state: unknown): void {
    if (this.#isRemoved) throw new Error("Cannot update the state after it has been removed");
    if (this.#isTimingOut) throw new Error("Cannot update the state that is timing out");
    atOnce(state);
    if (state === undefined) throw new Error("Cannot update the state to undefined; use remove()");
    this.#value = state;
    this.#isUpdated = true;
  }

  remove(): void {
    if (this.#isTimingOut) throw new Error("Cannot remove the state that is timing out");
    if (this.#isRemoved) throw new Error("Cannot remove the state that has already been removed");
    this.#value = undefined;
    this.#isRemoved = true;
    this.#isUpdated = true;
  }

  isTimingOut(): boolean {
    return this.#isTimingOut;
  }
}
