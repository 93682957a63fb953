import type { FlatMapNode } from "../../plan/nodes/flat-map.ts";
import type { Emit } from "./loop-writer.ts";

export const emitFlatMap: Emit<FlatMapNode> = (loop, node, row, next) => {
  const out = loop.fresh();
  loop.enter(node);
  loop.line(`for (const ${out} of ${loop.bind(node.f)}(${row})) {`);
  next(out);
  // What is iterated may be a generator of the user's, which runs on here.
  loop.enter(node);
  loop.line("}");
};
