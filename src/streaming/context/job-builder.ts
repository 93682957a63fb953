import { Accumulators } from "../../driver/accumulators.ts";
import type { OutputAction } from "../../driver/batch/batch-outputs.ts";
import { Broadcasts } from "../../driver/broadcasts.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { callSite } from "../../errors/user-code/user-frame.ts";
import { type PlanNode, parentsOf } from "../../plan/graph/nodes/node.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import type { Output } from "../../plan/graph/output.ts";
import { type Graph, PlanBuilder } from "../../plan/graph/plan-builder.ts";
import { withoutUnused } from "../../plan/graph/without-unused.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";
import type { GroupClaims } from "../../sources/kafka/planning/group-claims.ts";
import type { SourceDriver } from "../../sources/source-driver.ts";
import type { Awaitable } from "../types.ts";

/** What a node is made of, without what the builder adds; the slide is its first parent's unless it is given. */
type NodeParts<N> = N extends PlanNode ? Omit<N, "id" | "site" | "slideMs"> & { readonly slideMs?: number } : never;
type OutputParts<O> = O extends unknown ? Omit<O, "id" | "site"> : never;

/** What the sources of a job have in common. */
export interface SourcesInCommon {
  readonly isCheckpointed: boolean;
  readonly groups: GroupClaims;
}

/** Loads and makes the driver's side of a source when the job starts. Listeners know it by `streamId`: 0 for the first, and so on. */
export type SourceFactory = (nodeId: number, streamId: number, common: SourcesInCommon) => Awaitable<SourceDriver>;

/** What a program builds through its streams, until start() closes it: nodes, sources, outputs. */
export class JobBuilder {
  readonly plan = new PlanBuilder();
  readonly sources = new Map<number, SourceFactory>();
  readonly broadcasts = new Broadcasts();
  readonly accumulators = new Accumulators();
  readonly actions = new Map<number, OutputAction>();
  /** Where the program runs. */
  readonly process: HostProcess;
  readonly #batchIntervalMs: number;
  #isOpen = true;

  constructor(batchIntervalMs: number, process: HostProcess) {
    this.process = process;
    this.#batchIntervalMs = batchIntervalMs;
  }

  close(): void {
    this.#isOpen = false;
  }

  /** What the job runs: what its outputs need. */
  neededGraph(): Graph {
    return withoutUnused(this.plan.build());
  }

  /** @throws ILLEGAL_STATE after start(). */
  add<N extends PlanNode>(node: NodeParts<N>): N {
    this.checkOpen();
    const parts = node as NodeParts<PlanNode>;
    const [parent] = parentsOf(parts as PlanNode);
    const slideMs = parts.slideMs ?? parent?.slideMs ?? this.#batchIntervalMs;
    return this.plan.add<PlanNode>({ ...parts, slideMs, site: callSite() } as Parameters<
      typeof this.plan.add<PlanNode>
    >[0]) as N;
  }

  addSource(operator: string, feed: SourceNode["feed"], factory: SourceFactory): SourceNode {
    const node = this.add<SourceNode>({ kind: "source", operator, feed });
    this.sources.set(node.id, factory);
    return node;
  }

  addOutput(output: OutputParts<Output>, action?: OutputAction): void {
    this.checkOpen();
    const added = this.plan.addOutput<Output>({ ...output, site: callSite() } as Parameters<
      typeof this.plan.addOutput<Output>
    >[0]);
    if (action !== undefined) this.actions.set(added.id, action);
  }

  checkOpen(): void {
    if (this.#isOpen) return;
    throw new DStreamError(
      "ILLEGAL_STATE",
      "streams and output operations cannot be added once the context has been started or stopped",
    );
  }
}
