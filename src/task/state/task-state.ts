import type { StatefulNode } from "../../plan/graph/stateful-operators.ts";
import type { Change } from "../../state/entry.ts";
import type { StateFile } from "../../state/files/state-file.ts";
import type { StateSlice } from "../../state/manifest.ts";
import type { OpenState } from "../../state/state-store.ts";
import type { TaskContext } from "../context/task-context.ts";
import type { TaskSpec } from "../task-spec.ts";

/** The state of an operator as a task finds it. */
export interface FoundSlice {
  readonly slice: StateSlice;
  readonly committed: OpenState;
}

/** What a task reads and changes of the state of its operators. Changes are written while later segments run. */
export class TaskState {
  readonly #spec: TaskSpec;
  readonly #context: TaskContext;
  readonly #proposals: Promise<readonly StateFile[]>[] = [];
  /** When the last of what is written was, as `elapsed()` of the runtime's timers. */
  writtenAt = 0;

  constructor(spec: TaskSpec, context: TaskContext) {
    this.#spec = spec;
    this.#context = context;
  }

  async open(node: StatefulNode): Promise<FoundSlice> {
    const slice = this.sliceOf(node);
    return { slice, committed: await this.#context.state.open(slice, this.#spec.batchTime) };
  }

  /** Where the task's part of an operator's state is. */
  sliceOf(node: StatefulNode): StateSlice {
    const name = this.#context.plan.graph.names[node.id];
    const slice = this.#spec.state.find(({ operator }) => operator === name);
    if (slice === undefined) throw new Error(`the task was not given the state of ${name}`);
    return slice;
  }

  propose({ committed }: FoundSlice, changes: readonly Change[]): void {
    const proposal = committed.propose(this.#spec.batchTime, changes);
    const written = (): void => {
      this.writtenAt = this.#context.runtime.timers.elapsed();
    };
    proposal.then(written, () => {});
    this.#proposals.push(proposal);
  }

  /** Resolves when nothing is being written any more, whether or not it went well. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#proposals);
  }

  /** What was written. */
  async files(): Promise<StateFile[]> {
    return (await Promise.all(this.#proposals)).flat();
  }
}
