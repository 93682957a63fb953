import { DStreamError } from "../../../errors/dstream-error.ts";
import { callSite } from "../../../errors/user-code/user-frame.ts";
import { operatorText } from "../../../errors/user-code/user-function-failed.ts";
import { taskScope } from "../../../task/context/task-scope.ts";

/** @throws ILLEGAL_STATE in a task, and in a function of transform, which gives its RDD at once and cannot wait for an action. */
export function checkOnDriver(action: string): void {
  const scope = taskScope();
  if (scope === undefined) return;
  const what = operatorText({ operator: `${action}()`, site: callSite() });
  const text = scope.isBuilding
    ? `${what} inside a function of transform, which gives its RDD at once, while an action's result comes later; join the RDD, or broadcast what is needed of it`
    : `${what} in a task: actions run on the driver; broadcast what tasks need`;
  throw new DStreamError("ILLEGAL_STATE", text);
}
