import type {
  FilterNode,
  FlatMapNode,
  FlatMapValuesNode,
  MapNode,
  MapValuesNode,
} from "../../plan/graph/nodes/narrow.ts";
import type { Emit } from "./loop-writer.ts";

const emitMap: Emit<MapNode> = (loop, node, row, next) => {
  const out = loop.fresh();
  loop.enter(node);
  loop.line(`const ${out} = ${loop.bind(node.f)}(${row});`);
  loop.atOnce(out);
  next(out);
};

const emitFlatMap: Emit<FlatMapNode> = (loop, node, row, next) => {
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

const emitFilter: Emit<FilterNode> = (loop, node, row, next) => {
  const accepts = loop.fresh();
  loop.enter(node);
  loop.line(`const ${accepts} = ${loop.bind(node.f)}(${row});`);
  loop.atOnce(accepts);
  loop.line(`if (${accepts}) {`);
  next(row);
  loop.line("}");
};

const emitMapValues: Emit<MapValuesNode> = (loop, node, row, next) => {
  const value = loop.fresh();
  const out = loop.fresh();
  loop.enter(node);
  loop.pair(row);
  loop.line(`const ${value} = ${loop.bind(node.f)}(${row}[1]);`);
  loop.atOnce(value);
  loop.line(`const ${out} = [${row}[0], ${value}];`);
  next(out);
};

const emitFlatMapValues: Emit<FlatMapValuesNode> = (loop, node, row, next) => {
  const values = loop.fresh();
  const value = loop.fresh();
  const out = loop.fresh();
  loop.enter(node);
  loop.pair(row);
  loop.line(`const ${values} = ${loop.bind(node.f)}(${row}[1]);`);
  loop.rowsAtOnce(values);
  loop.line(`for (const ${value} of ${values}) {`);
  loop.line(`const ${out} = [${row}[0], ${value}];`);
  next(out);
  loop.enter(node);
  loop.line("}");
};

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
