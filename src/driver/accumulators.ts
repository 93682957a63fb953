interface Registered {
  readonly name: string;
  /** What is sure. */
  base: number;
  /** What the batch added whose outputs run; it counts when they have run, and not if the batch is run again. */
  ofBatch: number;
}

/** The driver's side of accumulators: what tasks added counts once, however often their batch was run. */
export class Accumulators {
  readonly #all: Registered[] = [];

  /** Returns the accumulator's id: its position in the order of creation, the same wherever the job's file runs. */
  register(initial: number, name: string): number {
    return this.#all.push({ name, base: initial, ofBatch: 0 }) - 1;
  }

  /** Their values; those of one name are added up. */
  get byName(): Readonly<Record<string, number>> {
    const sums = new Map<string, number>();
    for (const [id, { name }] of this.#all.entries()) sums.set(name, (sums.get(name) ?? 0) + this.valueOf(id));
    return Object.fromEntries(sums);
  }

  valueOf(id: number): number {
    const { base, ofBatch } = this.#all[id] as Registered;
    return base + ofBatch;
  }

  /** Adds in the driver. */
  add(id: number, n: number): void {
    (this.#all[id] as Registered).base += n;
  }

  /** The tasks of an attempt have ended; its outputs may see what they added. */
  attempted(added: Readonly<Record<number, number>>): void {
    for (const [id, registered] of this.#all.entries()) registered.ofBatch = added[id] ?? 0;
  }

  /** The attempt failed after all. */
  discard(): void {
    this.attempted({});
  }

  /** The batch has run to its end. */
  accept(): void {
    for (const registered of this.#all) {
      registered.base += registered.ofBatch;
      registered.ofBatch = 0;
    }
  }
}
