import { DStreamError } from "../errors/dstream-error.ts";
import { type Operator, operatorText, userFunctionFailed } from "../errors/user-code/user-function-failed.ts";
import { type BroadcastValue, broadcastValue } from "../task/context/broadcast-values.ts";

interface Registered {
  readonly factory: () => unknown;
  readonly operator: Operator;
  current: { readonly value: unknown; readonly encoded: BroadcastValue } | undefined;
}

/** The driver's side of broadcasts: their factories run when the job starts, and each batch gets the values of its begin. */
export class Broadcasts {
  readonly #all: Registered[] = [];

  /** Returns the broadcast's id: its position in the order of creation, the same wherever the job's file runs. */
  add(factory: () => unknown, operator: Operator): number {
    return this.#all.push({ factory, operator, current: undefined }) - 1;
  }

  /** Runs the factories. @throws USER_FUNCTION_FAILED; VALUE_NOT_ENCODABLE naming the broadcast. */
  async load(): Promise<void> {
    for (const [id, { factory, operator }] of this.#all.entries()) {
      let value: unknown;
      try {
        value = await factory();
      } catch (thrown) {
        throw thrown instanceof DStreamError ? thrown : userFunctionFailed(thrown, operator, "at the start", {});
      }
      this.#set(id, value);
    }
  }

  /** What batches that begin now get. */
  values(): readonly BroadcastValue[] {
    return this.#all.flatMap(({ current }) => (current === undefined ? [] : [current.encoded]));
  }

  /** @throws ILLEGAL_STATE before the job has started. */
  valueOf(id: number): unknown {
    const current = this.#all[id]?.current;
    if (current === undefined) throw notLoaded();
    return current.value;
  }

  /** Takes effect in the next batch that begins. @throws ILLEGAL_STATE before the job has started; VALUE_NOT_ENCODABLE. */
  update(id: number, value: unknown): void {
    if (this.#all[id]?.current === undefined) throw notLoaded();
    this.#set(id, value);
  }

  #set(id: number, value: unknown): void {
    const registered = this.#all[id] as Registered;
    try {
      registered.current = { value, encoded: broadcastValue(id, value) };
    } catch (thrown) {
      throw placed(DStreamError.from(thrown), registered.operator);
    }
  }
}

function notLoaded(): DStreamError {
  return new DStreamError("ILLEGAL_STATE", "a broadcast has its value when the context has been started, not before");
}

function placed({ code, message, cause, data }: DStreamError, operator: Operator): DStreamError {
  return new DStreamError(code, `${operatorText(operator)}: ${message.replace(/^\[\w+\] /, "")}`, { cause, data });
}
