import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../plan/plan.ts";
import type { Activity, StageProgress } from "../../runtime/activity.ts";
import { QueryActivity } from "./query-activity.ts";

const plan = {
  graph: {
    nodes: [
      { id: 0, operator: "kafka" },
      { id: 1, operator: "reduceByKey" },
    ],
    names: ["kafka", "totals"],
    given: ["totals"],
  },
  stages: [0, 1],
  numStages: 2,
} as unknown as Plan;
const loss =
  "Tasks of an executor that was lost without a word are begun again after spark.network.timeout (20s) or the master's spark.worker.timeout";

/** What an activity was told: how often it moved, and what it would say now. */
function observed(tellsProgress = true) {
  let moves = 0;
  const place = "";
  const reasons: string[] = [];
  let say = (): string => place;
  let stage: (() => StageProgress | undefined) | undefined;
  const activity: Activity = {
    moved(next = say, inStage) {
      moves++;
      say = next;
      stage = inStage;
    },
    waits: (reason) => void reasons.push(reason()),
    counts() {},
  };
  const query = new QueryActivity(activity, plan, { network: "20s" }, { tellsProgress });
  return { query, reasons, moves: () => moves, said: () => say(), stage: () => stage?.() };
}

const stage = (numTasks: number, numEnded: number, isDone = numTasks === numEnded) => ({ numTasks, numEnded, isDone });

test("that tasks end is progress, that others begin is none; both are said", () => {
  const { query, moves, said, stage: inStage } = observed();
  assert.equal(inStage(), undefined);
  assert.equal(said(), "Spark has got it and has not begun it");
  query.progress({ stages: [stage(4, 0), stage(2, 0)], running: 0 });
  assert.equal(
    said(),
    "stage 1 of 2 (kafka): of its 4 tasks 0 have ended, and none runs: no executor that Spark knows of has a core free for them",
  );
  query.progress({ stages: [stage(4, 0), stage(2, 0)], running: 2 });
  assert.equal(moves(), 2);
  assert.equal(said(), `stage 1 of 2 (kafka): of its 4 tasks 0 have ended, and 2 run. ${loss}`);
  query.progress({ stages: [stage(4, 4), stage(2, 1)], running: 1 });
  assert.equal(moves(), 3);
  assert.deepEqual(inStage(), { stage: 1, numStages: 2, tasksDone: 1, numTasks: 2 });
  assert.equal(said(), `stage 2 of 2 (totals): of its 2 tasks 1 have ended, and 1 runs. ${loss}`);
  query.progress({ stages: [stage(4, 4), stage(2, 2)], running: 0 });
  assert.equal(said(), "all tasks have ended, and Spark sends the result");
});

test("tasks that were lost with an executor show as tasks that ended and run again", () => {
  const { query, said } = observed();
  query.progress({ stages: [stage(4, 3, false), stage(2, 0)], running: 2 });
  assert.equal(
    said(),
    `stage 1 of 2 (kafka): of its 4 tasks 3 have ended, 1 of them without a result, and 2 run. ${loss}`,
  );
});

test("where Spark does not say how far it is, that is said", () => {
  const { said } = observed(false);
  assert.equal(said(), `Spark runs it; Spark before 4.0 does not say how far it is. ${loss}`);
});

test("a connection that breaks is waited for, which is no progress", () => {
  const { query, reasons, moves } = observed();
  query.broken("the connection broke");
  assert.deepEqual([reasons, moves()], [["the connection broke"], 1]);
});
