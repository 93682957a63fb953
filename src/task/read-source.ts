import { decodeRows } from "../codec/block.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { userFunctionFailed } from "../errors/user-code/user-function-failed.ts";
import type { ReadingNotes } from "../kafka/consumer/reading-notes.ts";
import type { KafkaSourceOptions } from "../kafka/types.ts";
import type { ReadFile, SourceFile, SourceNode } from "../plan/graph/nodes/source.ts";
import type { LiteralRows } from "../plan/literal-rows.ts";
import type { FileSystem } from "../runtime/files/file-system.ts";
import { fixedRange } from "../sources/kafka/reading/fixed-range.ts";
import { readRecords } from "../sources/kafka/reading/record-source.ts";
import type { SourceInput } from "../sources/source-input.ts";
import type { KafkaResources } from "./context/kafka-resources.ts";

/** What a task reads with. */
export interface Reading {
  readonly kafka: KafkaResources;
  readonly files: FileSystem;
  readonly signal: AbortSignal;
  /** Gets what there is to tell besides the rows. */
  readonly notes: ReadingNotes;
}

/** The rows of a source's partition in a batch, a chunk at a time. */
export async function* readSource(
  node: SourceNode,
  input: SourceInput,
  { kafka, files, signal, notes }: Reading,
): AsyncGenerator<readonly unknown[]> {
  if (node.feed.kind === "literal") {
    yield* readLiteral(node.feed.rows, input.partition);
  } else if (input.kind === "rows") {
    for (const block of input.blocks) {
      notes.bytes += block.length;
      yield decodeRows(block);
    }
  } else if (input.kind === "file") {
    notes.bytes += input.file.length;
    if (node.feed.kind === "files") yield* readFile(node, node.feed.read(input.file, files), input.file);
  } else if (input.kind === "kafka" && node.feed.kind === "kafka" && input.range.fromOffset < input.range.untilOffset) {
    const options = node.feed.options as KafkaSourceOptions<unknown, unknown, "fail">;
    const client = kafka.client(options);
    const { ranges } = node.feed;
    const range = ranges === undefined ? input.range : await fixedRange(client, input.range, options);
    if (range.fromOffset < range.untilOffset) yield* readRecords(client, range, options, signal, notes);
  }
}

/** What the program's own reading throws is its function's error. */
async function* readFile(
  node: SourceNode,
  rows: ReturnType<ReadFile>,
  file: SourceFile,
): AsyncGenerator<readonly unknown[]> {
  try {
    yield* rows;
  } catch (thrown) {
    if (thrown instanceof DStreamError) throw thrown;
    throw userFunctionFailed(thrown, node, `for the file ${file.path}`, { path: file.path });
  }
}

/** Rows that are in every process. */
export function* readLiteral({ partitions }: LiteralRows, partition: number): Generator<unknown[]> {
  for (const block of partitions[partition] ?? []) yield decodeRows(block);
}
