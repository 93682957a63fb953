import type { KeyedNode } from "../../plan/graph/nodes/keyed.ts";
import { type PlanNode, parentsOf } from "../../plan/graph/nodes/node.ts";
import type { Plan } from "../../plan/plan.ts";
import { emitOperator } from "../operators/emit-operator.ts";
import { LoopWriter } from "../operators/loop-writer.ts";
import type { Loop, Path, Segment, SegmentRoot, SinkSpec } from "./segment.ts";

/** The segments of a stage, each before those that its rows go into. */
export interface StageProgram {
  readonly stage: number;
  readonly segments: readonly Segment[];
}

/** Turns a stage of the plan into fused loops. */
export function compileStage(plan: Plan, stage: number): StageProgram {
  const compiler = new StageCompiler(plan, stage);
  if (stage === 0) {
    for (const node of plan.graph.nodes) if (node.kind === "source") compiler.compile({ kind: "source", node });
  }
  for (const edge of plan.edges) {
    if (edge.toStage !== stage) continue;
    if (edge.to.kind === "keyed") compiler.keyedSegment(edge.to);
    else if (edge.to.kind === "window") compiler.compile({ kind: "window", node: edge.to, edge });
    else compiler.compile({ kind: "edge", node: edge.to, edge });
  }
  // A segment is finished after the segments it feeds, so the reverse order of completion has feeders first.
  return { stage, segments: compiler.finished.reverse() };
}

class StageCompiler {
  readonly finished: Segment[] = [];
  readonly #plan: Plan;
  readonly #stage: number;
  /** Segments of keyed nodes: one for all the ways into it. */
  readonly #keyed = new Map<KeyedNode, Segment>();

  constructor(plan: Plan, stage: number) {
    this.#plan = plan;
    this.#stage = stage;
  }

  /** The segment that begins at `root`. */
  compile(root: SegmentRoot): Segment {
    const { node } = root;
    const loop = new LoopWriter();
    const sinks: SinkSpec[] = [];
    const row = loop.fresh();
    // Rows that arrive over an edge of a union are already behind it, as those of one of its parents.
    const path: Path =
      root.kind === "edge" && root.node.kind === "union" ? [{ union: root.node, parentIndex: root.edge.input }] : [];
    loop.line(`for (const ${row} of rows) {`);
    loop.line("at.row++;");
    this.#emitConsumers(node, row, path, loop, sinks);
    loop.enter(node);
    loop.line("}");
    const sinkOperators = sinks.map((sink) => operatorAt(this.#plan, sink));
    const segment: Segment = { root, sinks, sinkOperators, loop: assemble(loop, node) };
    this.finished.push(segment);
    return segment;
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
      // Children at later stages get the rows over edges.
      if (this.#plan.stages[child.id] !== this.#stage) continue;
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
    for (const [input, parent] of parentsOf(child).entries()) {
      if (parent !== node) continue;
      if (child.kind === "union") {
        this.#emitConsumers(child, row, [...path, { union: child, parentIndex: input }], loop, sinks);
      } else if (child.kind === "keyed") {
        sink({ kind: "segment", segment: this.keyedSegment(child), input, path });
      } else if (child.kind === "repartition") {
        this.#emitConsumers(child, row, path, loop, sinks);
      } else if (child.kind === "window") {
        const segment = this.compile({ kind: "window", node: child, edge: undefined });
        sink({ kind: "segment", segment, input, path });
      } else if (child.kind === "mapPartitions") {
        sink({ kind: "segment", segment: this.compile({ kind: "mapPartitions", node: child }), input, path });
      } else if (child.kind !== "source" && child.kind !== "transform") {
        emitOperator(loop, child, row, (out) => this.#emitConsumers(child, out, path, loop, sinks));
      }
    }
  }

  keyedSegment(node: KeyedNode): Segment {
    let segment = this.#keyed.get(node);
    if (segment === undefined) {
      const edges = this.#plan.edges.filter((edge) => edge.to === node);
      segment = this.compile({ kind: "keyed", node, edges });
      this.#keyed.set(node, segment);
    }
    return segment;
  }
}

/** What runs in a sink is the operator behind it (a reduce function), or the output (a serializer). */
function operatorAt(plan: Plan, spec: SinkSpec): number {
  if (spec.kind === "edge") return spec.edge.to.id;
  return spec.kind === "segment" ? spec.segment.root.node.id : plan.graph.nodes.length + spec.output.id;
}

function assemble(loop: LoopWriter, node: PlanNode): Loop {
  const functions = loop.functions.map((_, i) => `const f${i} = f[${i}];`).join(" ");
  const source = `"use strict"; ${functions}\nreturn function loop(rows, at, s) {\nat.operator = ${node.id};\n${loop.source()}\n};`;
  return loopFactory(source)(loop.functions);
}

type LoopFactory = (functions: readonly unknown[]) => Loop;

/** Batches with graphs of their own mostly have loops of the same text, around other functions: these need not be compiled anew. */
const factories = new Map<string, LoopFactory>();
const maxFactories = 1_000;

function loopFactory(source: string): LoopFactory {
  let factory = factories.get(source);
  if (factory === undefined) {
    if (factories.size >= maxFactories) factories.clear();
    factory = new Function("f", source) as LoopFactory;
    factories.set(source, factory);
  }
  return factory;
}
