/** Pieces of work are counted, so that somebody outside can see that something is done: pieces of rows, not single ones. */
export class Steps {
  readonly #count: Int32Array;

  /** `count`: one number, by which other threads can see it, too. */
  constructor(count: Int32Array = new Int32Array(1)) {
    this.#count = count;
  }

  /** The number may wrap around: only that it changes says something. */
  add(): void {
    Atomics.add(this.#count, 0, 1);
  }

  get taken(): number {
    return Atomics.load(this.#count, 0);
  }
}
