// What tasks of this thread do is counted, so that somebody outside can see that they do something: pieces of rows, not single ones.

let count: Int32Array = new Int32Array(1);

/** From now on the number is one that other threads see. */
export function countStepsIn(shared: Int32Array): void {
  count = shared;
}

/** The number may wrap around: only that it changes says something. */
export function countStep(): void {
  Atomics.add(count, 0, 1);
}

export function stepsTaken(): number {
  return count[0] as number;
}
