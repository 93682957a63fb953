import type { FilterNode } from "../../plan/nodes/filter.ts";
import type { Emit } from "./loop-writer.ts";

export const emitFilter: Emit<FilterNode> = (loop, node, row, next) => {
  loop.enter(node);
  loop.line(`if (${loop.bind(node.f)}(${row})) {`);
  next(row);
  loop.line("}");
};
