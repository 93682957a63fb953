import { isDeepStrictEqual } from "node:util";
import { nodeWorkers } from "../../../cluster/local/node-workers.ts";
import { type Workers, workersKey } from "../../../cluster/local/worker-port.ts";
import { checkObject, invalidOption, propertyOf } from "../../../errors/checks/check-options.ts";
import { nearest } from "../../../errors/checks/nearest.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { type JobRuntime, jobRuntime, runtimeKey } from "../../../runtime/job-runtime.ts";
import { JobLog } from "../../../runtime/log/job-log.ts";
import type { Clock } from "../../../runtime/machine/clock.ts";
import { checkContextOptions, type StreamingContextOptions } from "../context-options.ts";
import { type ConfSettings, type SettingRule, sparkSettings } from "./spark-settings.ts";

/** A context's options with what Spark's settings in `conf` say, which are then no longer there. */
export interface EffectiveOptions extends StreamingContextOptions {
  readonly clock: Clock;
  readonly runtime: JobRuntime;
  /** Of `local[n]`. */
  readonly workers: Workers;
  readonly conf: Readonly<Record<string, string>>;
  readonly fromConf: ConfSettings;
}

type Mutable = Record<string, unknown>;

/**
 * Settings of Spark that mean here what an option means set that option; those that mean something else are refused with what to
 * set, those on which nothing depends are left out, and all others are the cluster's.
 *
 * @throws UNKNOWN_OPTION, also for a setting of Spark Streaming that there is not; INVALID_OPTION, also for a setting and an option
 * that differ.
 */
export function effectiveOptions(options: StreamingContextOptions): EffectiveOptions {
  checkObject("StreamingContext's options", options);
  const { conf = {} } = options;
  checkObject("conf", conf);
  const effective: Mutable = { ...options };
  const fromConf: Mutable = {};
  const rest: Record<string, string> = {};
  const setBy = new Map<string, string>();
  for (const [name, text] of Object.entries(conf)) {
    if (typeof text !== "string") throw invalidOption(`conf["${name}"]`, text, "a string");
    const rule = ruleOf(name);
    if (rule === undefined) rest[name] = text;
    else if (rule.becomes === "refused") checkAllowed(name, text, rule.unless, rule.advice);
    else if (rule.becomes !== "nothing") {
      const isOption = rule.becomes === "option";
      const path = isOption ? rule.option : rule.becomes;
      set(isOption ? effective : fromConf, path, { name, value: rule.parse(name, text), by: setBy.get(path) });
      setBy.set(path, name);
    }
  }
  checkReceiverRate(options, fromConf as ConfSettings);
  checkContextOptions({ ...effective, conf: rest } as unknown as StreamingContextOptions);
  const checked = effective as unknown as StreamingContextOptions;
  const { logger } = checked;
  const runtime = jobRuntime({ ...options[runtimeKey], ...(logger !== undefined && { log: new JobLog(logger) }) });
  const { clock = runtime.clock, [workersKey]: workers = nodeWorkers } = checked;
  return { ...checked, clock, runtime, workers, conf: rest, fromConf };
}

function ruleOf(name: string): SettingRule | undefined {
  if (Object.hasOwn(sparkSettings, name)) return sparkSettings[name];
  if (!name.startsWith("spark.streaming.")) return undefined;
  const [similar] = nearest(name, Object.keys(sparkSettings), 1);
  const hint = similar === undefined ? "Spark has none of that name that is known here" : `did you mean "${similar}"?`;
  throw new DStreamError("UNKNOWN_OPTION", `conf has the setting "${name}"; ${hint}`, { data: { option: name } });
}

function checkAllowed(name: string, text: string, allowed: readonly string[], advice: string): void {
  if (allowed.includes(text.trim().toLowerCase())) return;
  const wanted =
    allowed.length === 0 ? "left out" : `${allowed.map((value) => `"${value}"`).join(" or ")}, or left out`;
  throw new DStreamError("INVALID_OPTION", `conf["${name}"] must be ${wanted}, not "${text}": ${advice}`, {
    data: { option: `conf["${name}"]` },
  });
}

/** Sets an option, or a part of one. @throws INVALID_OPTION when it is something else already. */
function set(
  target: Mutable,
  path: string,
  { name, value, by }: { readonly name: string; readonly value: unknown; readonly by: string | undefined },
): void {
  const parts = path.split(".");
  const last = parts.pop() as string;
  let at = target;
  for (const part of parts) {
    // What is no object is refused with all options.
    const inner = at[part] ?? {};
    if (typeof inner !== "object") return;
    at[part] = { ...inner };
    at = at[part] as Mutable;
  }
  if (at[last] !== undefined && !isDeepStrictEqual(at[last], value)) {
    const other = by === undefined ? `the option ${path}` : `conf["${by}"]`;
    throw differ(name, value, other, at[last]);
  }
  if (value !== undefined) at[last] = value;
}

/** Spark's limit is one of receivers alone, ours of every source. */
function checkReceiverRate({ backpressure }: StreamingContextOptions, { receiverMaxRate }: ConfSettings): void {
  const maxRate = propertyOf(backpressure, "maxRate");
  if (receiverMaxRate === undefined || maxRate === undefined || maxRate === receiverMaxRate) return;
  throw differ("spark.streaming.receiver.maxRate", receiverMaxRate, "the option backpressure.maxRate", maxRate);
}

/** An error for a setting that says something else than an option, or another setting. */
export function differ(name: string, value: unknown, other: string, otherValue: unknown): DStreamError {
  const shown = (seen: unknown): string => (typeof seen === "function" ? "a function" : String(seen));
  const text = `conf["${name}"] says ${shown(value)} and ${other} ${shown(otherValue)}; leave one of them out`;
  return new DStreamError("INVALID_OPTION", text, { data: { option: `conf["${name}"]` } });
}
