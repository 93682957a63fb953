import type { BackpressureOptions } from "../driver/rate/rate-controller.ts";
import { checkFlag, checkOptionNames, invalidOption } from "../errors/check-options.ts";

const rates = ["initialRate", "minRate", "maxRate"] as const;
const weights = ["proportional", "integral", "derived"] as const;

/** @throws UNKNOWN_OPTION, INVALID_OPTION naming the option. */
export function checkBackpressure(options: BackpressureOptions): void {
  checkOptionNames("backpressure", options, ["enabled", ...rates, "pid"]);
  const { enabled, pid = {}, minRate, maxRate } = options;
  checkFlag("backpressure.enabled", enabled);
  for (const name of rates) checkNumber(`backpressure.${name}`, options[name], (value) => value > 0, "greater than 0");
  checkOptionNames("backpressure.pid", pid, weights);
  for (const name of weights) checkNumber(`backpressure.pid.${name}`, pid[name], (value) => value >= 0, "at least 0");
  if (minRate !== undefined && maxRate !== undefined && minRate > maxRate) {
    throw invalidOption("backpressure.minRate", minRate, `at most maxRate, which is ${maxRate}`);
  }
}

function checkNumber(name: string, value: unknown, isAllowed: (value: number) => boolean, allowed: string): void {
  if (value === undefined || (typeof value === "number" && Number.isFinite(value) && isAllowed(value))) return;
  throw invalidOption(name, value, `a number ${allowed}`);
}
