/** Whether two types are the same, not only assignable. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `exactly<T>()(value)` does not compile when the type of `value` is another than T. */
export const exactly =
  <Expected>() =>
  <Actual>(
    _value: Actual,
    ..._mismatch: Equal<Actual, Expected> extends true ? [] : [{ actual: Actual; expected: Expected }]
  ): void => {};
