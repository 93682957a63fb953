import type { FilterNode } from "../../plan/graph/nodes/filter.ts";
import type { Emit } from "./loop-writer.ts";

export const emitFilter: Emit<FilterNode> = (loop, node, row, next) => {
  const accepts = loop.fresh();
  loop.enter(node);
  loop.line(`const ${accepts} = ${loop.bind(node.f)}(${row});`);
  loop.atOnce(accepts);
  loop.line(`if (${accepts}) {`);
  next(row);
  loop.line("}");
};
