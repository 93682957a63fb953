import { checkNumber, checkPositive } from "../../errors/checks/check-number.ts";
import { checkFlag, checkOptionNames, invalidOption } from "../../errors/checks/check-options.ts";
import type { BackpressureOptions } from "../../sources/rate/rate-controller.ts";

const rates = ["initialRate", "minRate", "maxRate"] as const;
const weights = ["proportional", "integral", "derived"] as const;

/** @throws UNKNOWN_OPTION, INVALID_OPTION naming the option. */
export function checkBackpressure(options: BackpressureOptions): void {
  checkOptionNames("backpressure", options, ["enabled", ...rates, "pid"]);
  const { enabled, pid = {}, minRate, maxRate } = options;
  checkFlag("backpressure.enabled", enabled);
  for (const name of rates) if (options[name] !== undefined) checkPositive(`backpressure.${name}`, options[name]);
  checkOptionNames("backpressure.pid", pid, weights);
  for (const name of weights)
    if (pid[name] !== undefined)
      checkNumber(`backpressure.pid.${name}`, pid[name], 0, { allowed: "a number at least 0" });
  if (minRate !== undefined && maxRate !== undefined && minRate > maxRate) {
    throw invalidOption("backpressure.minRate", minRate, `at most maxRate, which is ${maxRate}`);
  }
}
