import type { FlatMapNode } from "../../plan/graph/nodes/flat-map.ts";
import type { Emit } from "./loop-writer.ts";

export const emitFlatMap: Emit<FlatMapNode> = (loop, node, row, next) => {
  const rows = loop.fresh();
  const out = loop.fresh();
  loop.enter(node);
  loop.line(`const ${rows} = ${loop.bind(node.f)}(${row});`);
  loop.rowsAtOnce(rows);
  loop.line(`for (const ${out} of ${rows}) {`);
  next(out);
  // What is iterated may be a generator of the user's, which runs on here.
  loop.enter(node);
  loop.line("}");
};
