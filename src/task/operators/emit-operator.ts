import type { FilterNode } from "../../plan/graph/nodes/filter.ts";
import type { FlatMapNode } from "../../plan/graph/nodes/flat-map.ts";
import type { FlatMapValuesNode } from "../../plan/graph/nodes/flat-map-values.ts";
import type { MapNode } from "../../plan/graph/nodes/map.ts";
import type { MapValuesNode } from "../../plan/graph/nodes/map-values.ts";
import { emitFilter } from "./filter.ts";
import { emitFlatMap } from "./flat-map.ts";
import { emitFlatMapValues } from "./flat-map-values.ts";
import type { Emit } from "./loop-writer.ts";
import { emitMap } from "./map.ts";
import { emitMapValues } from "./map-values.ts";

/** The operators that run inside a loop, row by row. */
export type LoopNode = MapNode | FlatMapNode | FilterNode | MapValuesNode | FlatMapValuesNode;

export const emitOperator: Emit<LoopNode> = (loop, node, row, next) => {
  switch (node.kind) {
    case "map":
      return emitMap(loop, node, row, next);
    case "flatMap":
      return emitFlatMap(loop, node, row, next);
    case "filter":
      return emitFilter(loop, node, row, next);
    case "mapValues":
      return emitMapValues(loop, node, row, next);
    case "flatMapValues":
      return emitFlatMapValues(loop, node, row, next);
  }
};
