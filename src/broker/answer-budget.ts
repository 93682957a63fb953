/** Kafka's fetch.max.bytes of brokers: the most that one answer brings. */
const maxAnswerBytes = 55 * 1024 * 1024;

/**
 * Memory of answers that clients have not taken yet. They hold parts of the log, or copies of them, after these may have been
 * deleted; so fetches get less when much is under way, down to a batch each.
 */
export class AnswerBudget {
  readonly #limitBytes: number;
  #unsentBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What a fetch may take. */
  get available(): number {
    return Math.max(0, Math.min(maxAnswerBytes, this.#limitBytes - this.#unsentBytes));
  }

  add(bytes: number): void {
    this.#unsentBytes += bytes;
  }
}
