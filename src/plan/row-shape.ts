import type { PlanNode } from "./graph/nodes/node.ts";

/**
 * What the rows of a stream are, as far as its operators say so: "pairs"; "values", none of which is a pair, though it be an array of
 * two; "open" behind the program's own functions, where types are gone and an array of two is a pair; "mixed" for streams of
 * values joined with others, where an array of two may be either.
 */
export type RowShape = "pairs" | "values" | "open" | "mixed";

export function rowShape(node: PlanNode): RowShape {
  switch (node.kind) {
    case "keyed":
    case "mapValues":
    case "flatMapValues":
      return "pairs";
    case "repartition":
      return node.partitioning.kind === "in turns" ? rowShape(node.parent) : "pairs";
    case "filter":
    case "window":
      return rowShape(node.parent);
    case "union":
      return node.parents.map(rowShape).reduce(together);
    case "map":
    case "flatMap":
    case "mapPartitions":
      return node.gives ?? "open";
    case "source":
    case "transform":
      return "open";
  }
}

function together(a: RowShape, b: RowShape): RowShape {
  if (a === b) return a;
  return [a, b].some((shape) => shape === "values" || shape === "mixed") ? "mixed" : "open";
}

/** Whether a row is a pair where nothing but the row can say so. */
export function isPair(row: unknown): row is readonly [unknown, unknown] {
  return Array.isArray(row) && row.length === 2;
}
