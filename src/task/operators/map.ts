import type { MapNode } from "../../plan/graph/nodes/map.ts";
import type { Emit } from "./loop-writer.ts";

export const emitMap: Emit<MapNode> = (loop, node, row, next) => {
  const out = loop.fresh();
  loop.enter(node);
  loop.line(`const ${out} = ${loop.bind(node.f)}(${row});`);
  loop.atOnce(out);
  next(out);
};
