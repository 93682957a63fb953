import type { MapValuesNode } from "../../plan/graph/nodes/map-values.ts";
import type { Emit } from "./loop-writer.ts";

export const emitMapValues: Emit<MapValuesNode> = (loop, node, row, next) => {
  const value = loop.fresh();
  const out = loop.fresh();
  loop.enter(node);
  loop.pair(row);
  loop.line(`const ${value} = ${loop.bind(node.f)}(${row}[1]);`);
  loop.atOnce(value);
  loop.line(`const ${out} = [${row}[0], ${value}];`);
  next(out);
};
