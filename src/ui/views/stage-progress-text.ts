import type { StageProgress } from "../../runtime/activity.ts";

/** "stage 1 of 2, 3 of 8 tasks": the first stage is 1. */
export function stageProgressText({ stage, numStages, tasksDone, numTasks }: StageProgress): string {
  return `stage ${stage + 1} of ${numStages}, ${tasksDone} of ${numTasks} tasks`;
}
