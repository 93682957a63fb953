import { readCheckpoint } from "../../driver/checkpoint/open-checkpoint.ts";
import { checkpointQueries } from "../../driver/query/checkpoint-queries.ts";
import { type QueryableOperators, queryableOperators } from "../../driver/query/queryable-operators.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { stateQuery } from "../../streaming/keyed/state-query.ts";
import { ManualClock } from "../manual-clock.ts";
import { type QueuedJob, type TestContextSpec, testContext } from "../test-context.ts";
import type { RunOptions } from "../test-job.ts";

type AfterBatch = NonNullable<RunOptions["afterBatch"]>;

interface WatchedCheckpoint {
  readonly checkpointDir: string;
  readonly runtime: JobRuntime;
}

/**
 * Shows a test each batch that was committed. It looks into the checkpoint, while nothing is written to it: so what is shown is what is
 * durable, in whatever process the job lives.
 */
export class CommitWatch {
  readonly #checkpoint: WatchedCheckpoint;
  readonly #operators: QueryableOperators;
  readonly #afterBatch: AfterBatch;
  #last: number | undefined;

  private constructor(
    checkpoint: WatchedCheckpoint,
    operators: QueryableOperators,
    afterBatch: AfterBatch,
    last: number | undefined,
  ) {
    this.#checkpoint = checkpoint;
    this.#operators = operators;
    this.#afterBatch = afterBatch;
    this.#last = last;
  }

  /** From what the checkpoint has already. */
  static async begin(
    spec: TestContextSpec,
    jobs: readonly QueuedJob[],
    checkpoint: WatchedCheckpoint,
    afterBatch: AfterBatch,
  ): Promise<CommitWatch> {
    const actions = { collect: () => {}, failing: () => {} };
    // It is never started: what is wanted is the graph that every life has.
    const { job } = testContext({ ...spec, master: "local" }, jobs, actions, { clock: new ManualClock() });
    const operators = queryableOperators(job.plan.build());
    const { checkpointDir, runtime } = checkpoint;
    const last = (await readCheckpoint(checkpointDir, runtime.files))?.committed;
    return new CommitWatch(checkpoint, operators, afterBatch, last);
  }

  /** @throws what the test's function throws */
  async look(): Promise<void> {
    const { checkpointDir, runtime } = this.#checkpoint;
    const state = await readCheckpoint(checkpointDir, runtime.files);
    const time = state?.committed;
    if (state === undefined || time === undefined || time === this.#last) return;
    this.#last = time;
    const queries = checkpointQueries(state, checkpointDir, runtime, this.#operators);
    const queryState = <K, S>(operator: string) => stateQuery<K, S>(operator, this.#operators, () => queries);
    try {
      await this.#afterBatch({ time, queryState });
    } finally {
      queries.close("the state of a batch can be asked for until afterBatch has ended");
    }
  }
}
