import type { PlanNode } from "../../plan/nodes/node.ts";
import { parentsOf } from "../../plan/nodes/node.ts";
import type { Edge, Plan } from "../../plan/plan.ts";
import { emitOperator } from "../operators/emit-operator.ts";
import { LoopWriter } from "../operators/loop-writer.ts";
import type { Loop, Path, SinkSpec, Stage, StageRoot } from "./stage.ts";

/** The stages of a level, each before those that its rows go into. */
export interface LevelProgram {
  readonly level: number;
  readonly stages: readonly Stage[];
}

/** Turns a level of the plan into fused loops. */
export function compileLevel(plan: Plan, level: number): LevelProgram {
  const compiler = new LevelCompiler(plan, level);
  for (const root of rootsOf(plan, level)) compiler.compile(root, root.node);
  // A stage is finished after the stages it feeds, so the reverse order of completion has feeders first.
  return { level, stages: compiler.finished.reverse() };
}

function rootsOf(plan: Plan, level: number): StageRoot[] {
  if (level === 0) {
    return plan.graph.nodes.filter((node) => node.kind === "source").map((node) => ({ kind: "source", node }));
  }
  return plan.edges.filter((edge) => edge.toLevel === level).map(rootOfEdge);
}

function rootOfEdge(edge: Edge): StageRoot {
  return edge.to.kind === "keyed"
    ? { kind: "keyed", node: edge.to.node, edge }
    : { kind: "union", node: edge.to.node, edge };
}

class LevelCompiler {
  readonly finished: Stage[] = [];
  readonly #plan: Plan;
  readonly #level: number;
  /** Stages of keyed nodes without a shuffle: one for all the ways into it. */
  readonly #localKeyed = new Map<PlanNode, Stage>();

  constructor(plan: Plan, level: number) {
    this.#plan = plan;
    this.#level = level;
  }

  /** The stage that begins at `root`; its rows are those of `node`. */
  compile(root: StageRoot, node: PlanNode): Stage {
    const loop = new LoopWriter();
    const sinks: SinkSpec[] = [];
    const row = loop.fresh();
    // Rows that arrive over an edge of a union are already behind it, as those of one of its parents.
    const path: Path =
      root.kind === "union" && root.edge.to.kind === "union"
        ? [{ union: root.node, parentIndex: root.edge.to.parentIndex }]
        : [];
    loop.line(`for (const ${row} of rows) {`);
    loop.line("at.row++;");
    this.#emitConsumers(node, row, path, loop, sinks);
    loop.enter(node);
    loop.line("}");
    const sinkOperators = sinks.map((sink) => operatorAt(this.#plan, sink));
    const stage: Stage = { root, sinks, sinkOperators, loop: assemble(loop, node) };
    this.finished.push(stage);
    return stage;
  }

  #emitConsumers(node: PlanNode, row: string, path: Path, loop: LoopWriter, sinks: SinkSpec[]): void {
    const { graph, edges } = this.#plan;
    const sink = (spec: SinkSpec): void => {
      loop.line(`at.operator = ${operatorAt(this.#plan, spec)};`);
      loop.line(`s[${sinks.length}].add(${row});`);
      sinks.push(spec);
    };
    for (const output of graph.outputs) if (output.node === node) sink({ kind: "output", output, path });
    for (const edge of edges) if (edge.from === node) sink({ kind: "edge", edge, path });
    for (const child of graph.nodes) {
      if (!parentsOf(child).includes(node) || this.#plan.levels[child.id] !== this.#level) continue;
      this.#emitChild(child, node, row, path, loop, sinks, sink);
    }
  }

  #emitChild(
    child: PlanNode,
    node: PlanNode,
    row: string,
    path: Path,
    loop: LoopWriter,
    sinks: SinkSpec[],
    sink: (spec: SinkSpec) => void,
  ): void {
    if (child.kind === "union") {
      child.parents.forEach((parent, parentIndex) => {
        if (parent === node) this.#emitConsumers(child, row, [...path, { union: child, parentIndex }], loop, sinks);
      });
    } else if (child.kind === "keyed") {
      const isShuffled = this.#plan.edges.some((edge) => edge.to.kind === "keyed" && edge.to.node === child);
      if (!isShuffled) sink({ kind: "stage", stage: this.#localStage(child), path });
    } else if (child.kind === "mapPartitions") {
      sink({ kind: "stage", stage: this.compile({ kind: "mapPartitions", node: child }, child), path });
    } else if (child.kind !== "source") {
      emitOperator(loop, child, row, (out) => this.#emitConsumers(child, out, path, loop, sinks));
    }
  }

  #localStage(node: PlanNode & { kind: "keyed" }): Stage {
    let stage = this.#localKeyed.get(node);
    if (stage === undefined) {
      stage = this.compile({ kind: "keyed", node, edge: undefined }, node);
      this.#localKeyed.set(node, stage);
    }
    return stage;
  }
}

/** What runs in a sink is the operator behind it (a reduce function), or the output (a serializer). */
function operatorAt(plan: Plan, spec: SinkSpec): number {
  if (spec.kind === "edge") return spec.edge.to.node.id;
  return spec.kind === "stage" ? spec.stage.root.node.id : plan.graph.nodes.length + spec.output.id;
}

function assemble(loop: LoopWriter, node: PlanNode): Loop {
  const functions = loop.functions.map((_, i) => `const f${i} = f[${i}];`).join(" ");
  const source = `"use strict"; ${functions}\nreturn function loop(rows, at, s) {\nat.operator = ${node.id};\n${loop.source()}\n};`;
  return new Function("f", source)(loop.functions) as Loop;
}
