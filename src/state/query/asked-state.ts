import type { StateFile } from "../files/state-file.ts";
import type { StoredValue } from "../stored-value.ts";

/** A key of the state that a batch left, which a file of its says: what a worker may have in memory, too. Plain data that can be sent. */
export interface AskedState {
  /** The last one of a chain: it was written for a whole slice. */
  readonly file: Pick<StateFile, "id" | "operator" | "buckets" | "from" | "until">;
  readonly key: unknown;
}

/** What a worker has of it in memory; undefined: the key has no state. */
export interface FoundInMemory {
  readonly stored: StoredValue;
}
