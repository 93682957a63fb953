import { checkInteger } from "../errors/checks/check-number.ts";
import {
  checkFunction,
  checkOptionNames,
  checkText,
  invalidOption,
  propertyOf,
} from "../errors/checks/check-options.ts";
import { parseMaster } from "../streaming/context/master.ts";
import { ManualClock } from "./manual-clock.ts";
import type { Batches, Inputs, RunOptions, TestJob } from "./test-job.ts";

// A misspelt or misunderstood argument would make a test check less than it says.

const runOptions = [
  "master",
  "batchInterval",
  "numInputPartitions",
  "numBatches",
  "checkpointDir",
  "clock",
  "afterBatch",
];

/** @throws UNKNOWN_OPTION, INVALID_OPTION */
export function checkRun<I extends readonly unknown[], R>(
  where: string,
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  options: RunOptions,
  otherOptions: readonly string[] = [],
): void {
  if (typeof propertyOf(job, "build") !== "function")
    throw invalidOption(`${where}'s job`, job, "what testJob() gives");
  if (!Array.isArray(inputs)) throw invalidOption(`${where}'s inputs`, inputs, "a list of inputs");
  inputs.forEach(checkInput);
  checkOptionNames(where, options, [...runOptions, ...otherOptions]);
  const { master, clock, checkpointDir, numBatches, batchInterval, numInputPartitions, afterBatch } = options;
  if (afterBatch !== undefined) checkFunction(`${where}'s afterBatch`, afterBatch);
  if (master !== undefined) parseMaster(master);
  if (checkpointDir !== undefined) checkText("checkpointDir", checkpointDir, "the path of a folder");
  if (numBatches !== undefined) checkInteger("numBatches", numBatches, 0);
  if (batchInterval !== undefined) checkInteger("batchInterval", batchInterval, 1);
  if (numInputPartitions !== undefined) checkInteger("numInputPartitions", numInputPartitions, 1);
  if (clock !== undefined && !(clock instanceof ManualClock)) throw invalidOption("clock", clock, "a ManualClock");
}

function checkInput(input: Batches<unknown>): void {
  if (!Array.isArray(input)) throw invalidOption("a test's input", input, "a list with an entry for each batch");
}
