/** Tells apart, by number, what cannot be told apart by its text: functions, for one. */
export class ObjectNumbers {
  readonly #numbers = new WeakMap<object, number>();
  #highest = 0;

  /** The same for the same object. */
  of(object: object): number {
    const number = this.#numbers.get(object) ?? ++this.#highest;
    this.#numbers.set(object, number);
    return number;
  }
}
