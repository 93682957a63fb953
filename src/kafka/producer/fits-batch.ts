import { DStreamError } from "../../errors/dstream-error.ts";
import { BatchBuilder, type Bytes, type HeadersToWrite } from "../record-batch/batch-builder.ts";
import { batchHeaderBytes } from "../record-batch/batch-header.ts";

interface Contents {
  readonly key?: Bytes | null;
  readonly value: Bytes | null;
  readonly headers?: HeadersToWrite;
}

/** What a batch and its only record have besides contents, at most; and what a header has. */
const batchOverhead = batchHeaderBytes + 64;
const headerOverhead = 16;
/** The most bytes of UTF-8 that a unit of text takes. */
const bytesPerUnit = 3;

/** Whether a batch of the size has room for a record: mostly seen by lengths alone. */
export function fitsBatch(record: Contents, batchBytesMax: number): boolean {
  const { key, value, headers } = record;
  let most = batchOverhead + mostBytes(key) + mostBytes(value);
  if (headers !== undefined) {
    for (const [name, content] of headers) most += headerOverhead + mostBytes(name) + mostBytes(content);
  }
  return most <= batchBytesMax || fitsByTheByte(record, batchBytesMax);
}

function mostBytes(content: Bytes | null | undefined): number {
  if (content === null || content === undefined) return 0;
  return typeof content === "string" ? content.length * bytesPerUnit : content.length;
}

function fitsByTheByte({ key = null, value, headers = [] }: Contents, batchBytesMax: number): boolean {
  const contents = [key, value, ...headers.flat()];
  const bytes = contents.reduce<number>((sum, content) => sum + Buffer.byteLength(content ?? ""), 0);
  if (bytes > batchBytesMax) return false;
  if (batchOverhead + headers.length * headerOverhead + bytes <= batchBytesMax) return true;
  return new BatchBuilder(batchBytesMax).tryAppend(key, value, 0, headers.length === 0 ? undefined : headers);
}

/** `target`: a topic or a partition. `option`: what the limit is called where the caller can change it. */
export function recordTooLarge(target: string, { key, value }: Contents, limit: number, option: string): DStreamError {
  const seen = Buffer.byteLength(key ?? "") + Buffer.byteLength(value ?? "");
  const text = `a record for ${target} with ${seen} bytes of key and value does not fit ${option} = ${limit}; raise it, and the topic's max.message.bytes with it`;
  return new DStreamError("BATCH_TOO_LARGE", text, { data: { seen, limit, option } });
}
