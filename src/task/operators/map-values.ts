import type { MapValuesNode } from "../../plan/nodes/map-values.ts";
import type { Emit } from "./loop-writer.ts";

export const emitMapValues: Emit<MapValuesNode> = (loop, node, row, next) => {
  const out = loop.fresh();
  loop.enter(node);
  loop.line(`const ${out} = [${row}[0], ${loop.bind(node.f)}(${row}[1])];`);
  next(out);
};
