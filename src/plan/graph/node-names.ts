import { type PlanNode, parentsOf } from "./nodes/node.ts";

/**
 * The name of each node by id. A derived name is the path of operators from the source, "queue/map/reduceByKey", with a
 * counter where that path occurs again ("…#1"): it stays the same when other branches of the program change.
 */
export function nodeNames(nodes: readonly PlanNode[], given: ReadonlyMap<number, string>): string[] {
  const names: string[] = [];
  const seen = new Map<string, number>();
  for (const node of nodes) {
    const parents = parentsOf(node).map((parent) => names[parent.id] as string);
    const path = parents.length === 0 ? node.operator : `${parents.join("+")}/${node.operator}`;
    const count = seen.get(path) ?? 0;
    seen.set(path, count + 1);
    names.push(given.get(node.id) ?? (count === 0 ? path : `${path}#${count}`));
  }
  return names;
}
