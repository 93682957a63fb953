import { checkInteger, checkNumber, checkPositive } from "../../errors/checks/check-number.ts";
import { invalidOption, isPromise } from "../../errors/checks/check-options.ts";
import { type Operator, operatorText } from "../../errors/user-code/user-function-failed.ts";
import type { TopicPartition } from "../../kafka/types.ts";

/** The options that limit what a partition gives to a batch: the most in records a second, the least in whole records. */
export const partitionRates = ["maxRatePerPartition", "minRatePerPartition"] as const;

export type PartitionRate = (typeof partitionRates)[number];

/** @throws INVALID_OPTION for what is neither a rate nor a function that gives one. */
export function checkRate(name: PartitionRate, rate: unknown): void {
  if (rate === undefined || typeof rate === "function") return;
  if (name === "maxRatePerPartition")
    checkPositive(name, rate, "a positive number of records per second, or a function");
  else if (!Number.isSafeInteger(rate) || (rate as number) < 1) {
    throw invalidOption(name, rate, "a positive integer, the records of a batch, or a function");
  }
}

/**
 * What a function gave as a partition's rate; 0 sets none.
 *
 * @throws INVALID_OPTION: what is no number becomes no offset.
 */
export function checkGivenRate(name: PartitionRate, rate: unknown, of: Operator, at: TopicPartition): void {
  // Nobody else hears of it when it rejects.
  if (isPromise(rate)) rate.then(undefined, () => {});
  const what = `what the function of ${operatorText(of)} gives for ${at.topic}-${at.partition}`;
  if (name === "maxRatePerPartition") {
    checkNumber(what, rate, 0, { allowed: "a number of records per second, at least 0" });
  } else checkInteger(what, rate, 0);
}
