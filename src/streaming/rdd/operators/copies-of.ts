import { decodeValue, encodeValue } from "../../../codec/value-codec.ts";

/**
 * Makes copies of a value that folding begins with, since functions may change what they are given. Copies are plain data, as
 * behind a shuffle: an instance of a class would lose its methods.
 *
 * @throws VALUE_NOT_ENCODABLE
 */
export function copiesOf<T>(value: T): () => T {
  const bytes = encodeValue(value);
  const isImmutable = typeof value !== "object" || value === null;
  return () => (isImmutable ? value : (decodeValue(bytes) as T));
}
