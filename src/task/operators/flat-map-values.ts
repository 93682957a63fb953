import type { FlatMapValuesNode } from "../../plan/graph/nodes/flat-map-values.ts";
import type { Emit } from "./loop-writer.ts";

export const emitFlatMapValues: Emit<FlatMapValuesNode> = (loop, node, row, next) => {
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
