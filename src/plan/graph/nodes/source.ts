import type { OffsetRange } from "../../../kafka/types.ts";
import type { FileSystem } from "../../../runtime/files/file-system.ts";
import type { LiteralRows } from "../../literal-rows.ts";
import type { NodeBase } from "./node.ts";

/** A file that belongs to a batch: its absolute path, and its bytes when the batch was planned. */
export interface SourceFile {
  readonly path: string;
  readonly length: number;
}

/** Makes rows of a file, a few at a time. */
export type ReadFile = (file: SourceFile, files: FileSystem) => AsyncIterable<readonly unknown[]>;

/**
 * How the rows of a source get to the tasks. Records of Kafka and files are read by the tasks, as the driver planned for the batch
 * or from ranges that are fixed; rows are sent by the driver, which has those of each batch (queueStream, receivers); literal rows
 * are in every process.
 */
export type SourceFeed =
  | { readonly kind: "kafka"; readonly options: object; readonly ranges?: readonly OffsetRange[] }
  | { readonly kind: "files"; readonly read: ReadFile }
  | { readonly kind: "rows" }
  | { readonly kind: "literal"; readonly rows: LiteralRows };

/** Where rows come from. */
export interface SourceNode extends NodeBase {
  readonly kind: "source";
  readonly feed: SourceFeed;
}
