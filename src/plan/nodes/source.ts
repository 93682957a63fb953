import type { NodeBase } from "./node.ts";

/** A file that belongs to a batch: its absolute path, and its bytes when the batch was planned. */
export interface SourceFile {
  readonly path: string;
  readonly length: number;
}

/** Makes rows of a file, a few at a time. */
export type ReadFile = (file: SourceFile) => AsyncIterable<readonly unknown[]>;

/**
 * Where rows come from. Records of Kafka and files are read by the tasks, as the driver planned; a source of rows is fed by the
 * driver, which has the rows of each batch (queueStream, receivers).
 */
export interface SourceNode extends NodeBase {
  readonly kind: "source";
  readonly feed:
    | { readonly kind: "kafka"; readonly options: object }
    | { readonly kind: "files"; readonly read: ReadFile }
    | { readonly kind: "rows" };
}
