import type { Plan } from "../../plan/plan.ts";
import { stageText } from "../../plan/stage-text.ts";
import type { Activity, StageProgress } from "../../runtime/activity.ts";
import type { QueryProgress } from "./connect/session/operation.ts";

/** What a server has said of itself that tells how long a loss may go unnoticed. */
export interface ClusterTimeouts {
  /** `spark.network.timeout`, as it is set there: "120s". */
  readonly network: string;
}

/** Says of a batch what Spark says of its query: how many tasks have ended, and what that means where none does any more. */
export class QueryActivity {
  readonly #activity: Activity;
  readonly #plan: Plan;
  readonly #timeouts: ClusterTimeouts;
  #last: QueryProgress | undefined;

  /** `tellsProgress`: whether servers of this version say how far a query is. */
  constructor(
    activity: Activity,
    plan: Plan,
    timeouts: ClusterTimeouts,
    { tellsProgress }: { tellsProgress: boolean },
  ) {
    this.#activity = activity;
    this.#plan = plan;
    this.#timeouts = timeouts;
    const silence = "Spark runs it; Spark before 4.0 does not say how far it is";
    activity.moved(() => (tellsProgress ? "Spark has got it and has not begun it" : `${silence}. ${this.#lossText()}`));
  }

  /** That tasks end is progress; that others begin is none. */
  progress(progress: QueryProgress): void {
    const before = this.#last;
    this.#last = progress;
    if (before === undefined || endedOf(progress) !== endedOf(before)) this.#moved();
  }

  received(): void {
    if (this.#last === undefined) this.#activity.moved(() => "Spark sends its result");
    else this.#moved();
  }

  broken(reason: string): void {
    this.#activity.waits(() => reason);
  }

  #moved(): void {
    this.#activity.moved(
      () => this.#text(),
      () => this.#stage(),
    );
  }

  /** By Spark's own stages; tasks that failed and run again have not made it further. */
  #stage(): StageProgress | undefined {
    const { stages } = this.#last as QueryProgress;
    const stage = stages.findIndex(({ isDone }) => !isDone);
    const { numTasks, numEnded } = stages[stage] ?? { numTasks: 0, numEnded: 0 };
    if (stage < 0) return undefined;
    return { stage, numStages: stages.length, tasksDone: Math.min(numEnded, numTasks), numTasks };
  }

  #text(): string {
    const { stages, running } = this.#last as QueryProgress;
    const { numStages } = this.#plan;
    const at = stages.findIndex(({ isDone }) => !isDone);
    const stage = stages[at];
    if (stage === undefined) return "all tasks have ended, and Spark sends the result";
    const { numTasks, numEnded } = stage;
    const name = stages.length === numStages ? stageText(this.#plan, at) : `stage ${at + 1} of ${stages.length}`;
    const again = numEnded + running - numTasks;
    const failed = again > 0 ? `, ${again} of them without a result` : "";
    const ended = `${name}: of its ${numTasks} tasks ${numEnded} have ended${failed}`;
    if (running > 0) return `${ended}, and ${running} ${running === 1 ? "runs" : "run"}. ${this.#lossText()}`;
    return `${ended}, and none runs: no executor that Spark knows of has a core free for them`;
  }

  #lossText(): string {
    return `Tasks of an executor that was lost without a word are begun again after spark.network.timeout (${this.#timeouts.network}) or the master's spark.worker.timeout`;
  }
}

const endedOf = ({ stages }: QueryProgress): number =>
  stages.reduce((sum, { numEnded, isDone }) => sum + numEnded + (isDone ? 1 : 0), 0);
