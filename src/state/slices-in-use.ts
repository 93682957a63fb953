import type { StateSlice } from "./manifest.ts";

/**
 * Batches of an operator that a worker remembers a partition for after it ran it last. When it comes back later than that, most of what
 * the worker knew has been written again anyway.
 */
const rememberedBatches = 20;

/** Says which partitions' state a worker can give up: those that others have run for a while, or that there are no more. */
export class SlicesInUse {
  readonly #operators = new Map<string, OperatorUse>();

  /** A slice is opened for a batch. Returns slices of its operator, as `sliceId` names them, that were not opened for long. */
  opened(slice: StateSlice, time: number): string[] {
    const use = this.#operators.get(slice.operator) ?? { times: [], lastUse: new Map<string, number>() };
    this.#operators.set(slice.operator, use);
    const { times, lastUse } = use;
    lastUse.set(sliceId(slice), time);
    if (times.at(-1) === time) return [];
    times.push(time);
    if (times.length > rememberedBatches) times.shift();
    const unused = [...lastUse].filter(([, last]) => last < (times[0] as number)).map(([id]) => id);
    for (const id of unused) lastUse.delete(id);
    return unused;
  }
}

interface OperatorUse {
  /** Of the last batches, ascending. */
  readonly times: number[];
  readonly lastUse: Map<string, number>;
}

/** Names the partition of an operator whose state a slice is. */
export function sliceId({ operator, from, until }: Pick<StateSlice, "operator" | "from" | "until">): string {
  return `${from}-${until} ${operator}`;
}
