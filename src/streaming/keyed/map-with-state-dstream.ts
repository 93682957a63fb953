import type { PairDStream } from "../pair-dstream.ts";
import type { StreamOf } from "../types.ts";

/** What mapWithState's function returned, and all keys with their states. */
export type MapWithStateDStream<K, S, E> = StreamOf<E> & {
  /** Every key with its state, in every batch. */
  stateSnapshots(): PairDStream<K, S>;
};
