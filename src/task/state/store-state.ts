import { DStreamError } from "../../errors/dstream-error.ts";
import { keyText } from "../../keys/key-text.ts";
import { type StoredValue, store } from "../../state/stored-value.ts";

/** A state as it is stored. @throws VALUE_NOT_ENCODABLE naming the key. */
export function storeState(state: unknown, key: unknown): StoredValue {
  try {
    return store(state);
  } catch (thrown) {
    throw ofKey(key, thrown);
  }
}

/** What was thrown while the state of a key was encoded, with the key named. */
export function ofKey(key: unknown, thrown: unknown): DStreamError {
  const error = DStreamError.from(thrown);
  const text = `the state of ${keyText(key)}: ${error.message.replace(/^\[\w+\] /, "")}`;
  return new DStreamError(error.code, text, { cause: error.cause, data: error.data });
}
