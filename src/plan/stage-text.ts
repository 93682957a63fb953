import type { Plan } from "./plan.ts";

const maxNames = 4;

/** For people: "stage 2 of 3 (reduceByKey, map)", with the operators that run in it, by the names that the program gave them if any. */
export function stageText({ graph, stages, numStages }: Plan, stage: number): string {
  const { nodes, given = [] } = graph;
  const names = nodes
    .filter(({ id }) => stages[id] === stage)
    .map(({ id, operator }) => given.find((name) => name === graph.names[id]) ?? operator);
  const shown = names.length > maxNames ? [...names.slice(0, maxNames), "…"] : names;
  return `stage ${stage + 1} of ${numStages}${shown.length === 0 ? "" : ` (${shown.join(", ")})`}`;
}

/** "4 of 6 tasks are done" */
export function tasksText(done: number, all: number): string {
  return `${done} of ${all} tasks ${all === 1 ? "is" : "are"} done`;
}
