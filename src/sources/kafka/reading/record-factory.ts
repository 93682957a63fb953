import { DStreamError } from "../../../errors/dstream-error.ts";
import { RetryableError } from "../../../errors/retryable-error.ts";
import { isThenable, promiseNotAwaited } from "../../../errors/user-code/at-once.ts";
import { userFunctionFailed } from "../../../errors/user-code/user-function-failed.ts";
import type { RecordHeaders } from "../../../kafka/record-batch/record-headers.ts";
import type { ConsumerRecord, Deserializer, KafkaSourceOptions, NullValues } from "../../../kafka/types.ts";
import { deserializers } from "./deserializers.ts";

/** What decides how bytes become records. */
export type RecordOptions = Pick<
  KafkaSourceOptions<any, any, NullValues>,
  "keyDeserializer" | "valueDeserializer" | "nullValues" | "onDeserializationError"
>;

/** Whether keys and values are both read as text by the deserializers that are the default. */
export function isRecordOfText({ keyDeserializer, valueDeserializer }: RecordOptions): boolean {
  const { string } = deserializers;
  return (keyDeserializer ?? string) === string && (valueDeserializer ?? string) === string;
}

/** Makes the records of one partition from their bytes, wherever those were read. */
export class RecordFactory {
  readonly #topic: string;
  readonly #partition: number;
  readonly #options: RecordOptions;
  readonly #keyDeserializer: Deserializer<unknown>;
  readonly #valueDeserializer: Deserializer<unknown>;
  /** What handlers of the program still do with records that they got. */
  #handling: Promise<void>[] = [];

  constructor(at: { readonly topic: string; readonly partition: number }, options: RecordOptions) {
    this.#topic = at.topic;
    this.#partition = at.partition;
    this.#options = options;
    this.#keyDeserializer = options.keyDeserializer ?? deserializers.string;
    this.#valueDeserializer = options.valueDeserializer ?? deserializers.string;
  }

  /**
   * A record, or undefined where the options leave it out. It keeps `headers` as they are and of the bytes what the
   * deserializers keep.
   *
   * @throws NULL_VALUE, DESERIALIZATION_FAILED.
   */
  record(
    offset: number,
    timestamp: number,
    keyBytes: Uint8Array | null,
    valueBytes: Uint8Array | null,
    headers: RecordHeaders,
  ): ConsumerRecord<unknown, unknown> | undefined {
    const topic = this.#topic;
    const partition = this.#partition;
    if (valueBytes === null && this.#options.nullValues !== "keep") {
      if (this.#options.nullValues === "skip") return undefined;
      throw new DStreamError(
        "NULL_VALUE",
        `the record at ${topic}-${partition} offset ${offset} has no value; choose nullValues "skip" or "keep"`,
        {
          data: { topic, partition, offset, option: "nullValues" },
        },
      );
    }
    const at = { topic, partition, offset };
    let key: unknown;
    let value: unknown;
    try {
      key = keyBytes === null ? null : this.#keyDeserializer(keyBytes, at);
      value = valueBytes === null ? null : this.#valueDeserializer(valueBytes, at);
    } catch (error) {
      // What may pass is tried again, and a deserializer that is none is the program's mistake: no policy leaves out a record for that.
      if (error instanceof DStreamError && error.code === "INVALID_OPTION") throw error;
      if (error instanceof RetryableError) throw notDeserialized(at, error, true);
      const key = keyBytes === null ? null : new Uint8Array(keyBytes);
      const value = valueBytes === null ? null : new Uint8Array(valueBytes);
      return this.#refused({ topic, partition, offset, timestamp, key, value, headers }, error);
    }
    // The program's mistake and not the record's: no policy leaves it out.
    if (isThenable(key)) throw refusedPromise("keyDeserializer", key, at);
    if (isThenable(value)) throw refusedPromise("valueDeserializer", value, at);
    return { topic, partition, offset, timestamp, key, value, headers };
  }

  /** Resolves when handlers are done with the records so far. @throws USER_FUNCTION_FAILED for one that rejects. */
  async handled(): Promise<void> {
    if (this.#handling.length === 0) return;
    const handling = this.#handling;
    this.#handling = [];
    await Promise.all(handling);
  }

  /** Fails, or leaves the record out and tells the program's handler. */
  #refused(raw: ConsumerRecord<Uint8Array, Uint8Array | null>, cause: unknown): undefined {
    const error = notDeserialized(raw, cause);
    const policy = this.#options.onDeserializationError ?? "fail";
    if (policy === "fail") throw error;
    if (typeof policy === "function") this.#handling.push(handled(policy, raw, error));
    return undefined;
  }
}

function notDeserialized(
  { topic, partition, offset }: Pick<ConsumerRecord<unknown, unknown>, "topic" | "partition" | "offset">,
  cause: unknown,
  retryable = false,
): DStreamError {
  const text = `the record at ${topic}-${partition} offset ${offset} cannot be deserialized; correct the deserializer or choose onDeserializationError`;
  return new DStreamError("DESERIALIZATION_FAILED", text, { cause, data: { topic, partition, offset }, retryable });
}

type Handler = Exclude<NonNullable<RecordOptions["onDeserializationError"]>, string>;

function refusedPromise(
  operator: string,
  promise: unknown,
  at: { topic: string; partition: number; offset: number },
): DStreamError {
  const place = `the record at ${at.topic}-${at.partition} offset ${at.offset}`;
  return promiseNotAwaited(promise, `a promise for ${place}`, { operator, site: undefined });
}

/** Its promise is looked at later; until then a rejection is nobody's. */
function handled(
  handler: Handler,
  raw: ConsumerRecord<Uint8Array, Uint8Array | null>,
  error: DStreamError,
): Promise<void> {
  const handling = callHandler(handler, raw, error);
  handling.catch(() => {});
  return handling;
}

async function callHandler(
  handler: Handler,
  raw: ConsumerRecord<Uint8Array, Uint8Array | null>,
  error: DStreamError,
): Promise<void> {
  const { topic, partition, offset } = raw;
  try {
    await handler(raw, error);
  } catch (thrown) {
    if (thrown instanceof DStreamError) throw thrown;
    const operator = { operator: "onDeserializationError", site: undefined };
    const where = `for record ${topic}-${partition} offset ${offset}`;
    throw userFunctionFailed(thrown, operator, where, { topic, partition, offset });
  }
}
