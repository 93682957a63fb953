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
export function fitsBatch({ key = null, value, headers = [] }: Contents, batchBytesMax: number): boolean {
  const overhead = batchOverhead + headers.length * headerOverhead;
  const sum = (bytesOf: (content: Bytes) => number): number =>
    headers.reduce(
      (bytes, [name, content]) => bytes + bytesOf(name) + bytesOf(content ?? ""),
      bytesOf(key ?? "") + bytesOf(value ?? ""),
    );
  if (overhead + sum(mostBytes) <= batchBytesMax) return true;
  const bytes = sum((content) => Buffer.byteLength(content));
  if (bytes > batchBytesMax || overhead + bytes <= batchBytesMax) return bytes <= batchBytesMax;
  return new BatchBuilder(batchBytesMax).tryAppend(key, value, 0, headers.length === 0 ? undefined : headers);
}

function mostBytes(content: Bytes): number {
  return typeof content === "string" ? content.length * bytesPerUnit : content.length;
}

/** `target`: a topic or a partition. `option`: what the limit is called where the caller can change it. */
export function recordTooLarge(target: string, { key, value }: Contents, limit: number, option: string): DStreamError {
  const seen = Buffer.byteLength(key ?? "") + Buffer.byteLength(value ?? "");
  const text = `a record for ${target} with ${seen} bytes of key and value does not fit ${option} = ${limit}; raise it, and the topic's max.message.bytes with it`;
  return new DStreamError("BATCH_TOO_LARGE", text, { data: { seen, limit, option } });
}
