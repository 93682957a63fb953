/**
 * Count, mean, spread and extremes of numbers, in one pass and without losing what is small beside what is large: Welford's
 * way, and Chan's to merge. Spark's StatCounter.
 */
export class StatCounter {
  #count = 0;
  #mean = 0;
  /** Sum of squared distances from the mean. */
  #squares = 0;
  #max = Number.NEGATIVE_INFINITY;
  #min = Number.POSITIVE_INFINITY;

  constructor(values: Iterable<number> = []) {
    for (const value of values) this.add(value);
  }

  add(value: number): this {
    const distance = value - this.#mean;
    this.#count++;
    this.#mean += distance / this.#count;
    this.#squares += distance * (value - this.#mean);
    this.#max = Math.max(this.#max, value);
    this.#min = Math.min(this.#min, value);
    return this;
  }

  merge(other: StatCounter): this {
    const count = this.#count + other.#count;
    if (other.#count === 0) return this;
    const distance = other.#mean - this.#mean;
    this.#mean += (distance * other.#count) / count;
    this.#squares += other.#squares + (distance * distance * this.#count * other.#count) / count;
    this.#count = count;
    this.#max = Math.max(this.#max, other.#max);
    this.#min = Math.min(this.#min, other.#min);
    return this;
  }

  get count(): number {
    return this.#count;
  }

  /** 0 for no numbers. */
  get mean(): number {
    return this.#mean;
  }

  get sum(): number {
    return this.#mean * this.#count;
  }

  /** −Infinity for no numbers. */
  get max(): number {
    return this.#max;
  }

  /** Infinity for no numbers. */
  get min(): number {
    return this.#min;
  }

  /** Of the numbers themselves; NaN for none. */
  get variance(): number {
    return this.#count === 0 ? Number.NaN : this.#squares / this.#count;
  }

  /** An estimate for what the numbers are a sample of; NaN for fewer than two. */
  get sampleVariance(): number {
    return this.#count <= 1 ? Number.NaN : this.#squares / (this.#count - 1);
  }

  get stdev(): number {
    return Math.sqrt(this.variance);
  }

  get sampleStdev(): number {
    return Math.sqrt(this.sampleVariance);
  }

  toString(): string {
    return `(count: ${this.#count}, mean: ${this.mean}, stdev: ${this.stdev}, max: ${this.#max}, min: ${this.#min})`;
  }
}
