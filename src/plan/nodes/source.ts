import type { NodeBase } from "./node.ts";

/**
 * Where rows come from. A source of records is read by the tasks from ranges that the driver planned (`spec` says how);
 * a source of rows is fed by the driver, which has the rows of each batch (queueStream, sockets).
 */
export interface SourceNode extends NodeBase {
  readonly kind: "source";
  readonly feed: { readonly kind: "kafka"; readonly options: object } | { readonly kind: "rows" };
}
