import { basename, dirname, join, resolve } from "node:path";
import type { TextFileSink } from "../../../plan/graph/output.ts";

/** Where the files of one batch are on their way: written by tasks, put together by the driver, there to be seen. */
export interface BatchFolder {
  readonly written: string;
  readonly ready: string;
  /** A file that says whose these two are. */
  readonly claim: string;
  /** Spark's name: `prefix-TIME.suffix`. */
  readonly final: string;
}

/** The folders of a batch stand side by side, so that they can be renamed; those that nobody should read are hidden. */
export function batchFolder({ prefix, suffix }: TextFileSink, time: number): BatchFolder {
  const name = `${prefix === "" ? "" : `${prefix}-`}${time}${suffix === "" ? "" : `.${suffix}`}`;
  const final = resolve(name);
  const hidden = join(dirname(final), `.${basename(final)}`);
  return { written: `${hidden}.written`, ready: `${hidden}.ready`, claim: `${hidden}.by`, final };
}
