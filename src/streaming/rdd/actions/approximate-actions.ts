import { checkNumber } from "../../../errors/checks/check-number.ts";
import type { Duration } from "../../duration.ts";
import { distinctRegisters, estimateDistinct, registerBits } from "./distinct-estimate.ts";
import { NumericActions } from "./numeric-actions.ts";

/** Bounds of a number, and the probability that it is within them. */
export interface BoundedDouble {
  readonly mean: number;
  readonly confidence: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Spark's approximations. Those with a timeout give what the partitions say that are done by then; here an action has all
 * partitions at once when it has any, so that it gives the exact number.
 */
export abstract class ApproximateActions<R extends ApproximateActions<R>> extends NumericActions<R> {
  countApprox(timeout: Duration, confidence?: number): Promise<BoundedDouble> {
    return exactly(this.count(), timeout, confidence);
  }

  sumApprox(timeout: Duration, confidence?: number): Promise<BoundedDouble> {
    return exactly(this.sum(), timeout, confidence);
  }

  meanApprox(timeout: Duration, confidence?: number): Promise<BoundedDouble> {
    return exactly(this.mean(), timeout, confidence);
  }

  countByValueApprox(timeout: Duration, confidence?: number): Promise<Map<any, BoundedDouble>> {
    return eachExactly(this.countByValue(), timeout, confidence);
  }

  countByKeyApprox(timeout: Duration, confidence?: number): Promise<Map<any, BoundedDouble>> {
    return eachExactly(this.countByKey(), timeout, confidence);
  }

  countApproxDistinct(relativeSD = 0.05): Promise<number> {
    return this.withRows("countApproxDistinct", (rows) => {
      const bits = registerBits(relativeSD);
      const { mergeValue } = distinctRegisters(bits);
      let registers = new Uint8Array(2 ** bits);
      for (const row of rows) registers = mergeValue(registers, row) as typeof registers;
      return estimateDistinct(registers);
    });
  }
}

async function exactly(result: Promise<number>, timeout: Duration, confidence?: number): Promise<BoundedDouble> {
  const number = await result;
  checkApproximation(timeout, confidence);
  return exact(number);
}

async function eachExactly(
  result: Promise<Map<any, number>>,
  timeout: Duration,
  confidence?: number,
): Promise<Map<any, BoundedDouble>> {
  const counts = await result;
  checkApproximation(timeout, confidence);
  return new Map(Array.from(counts, ([key, count]) => [key, exact(count)]));
}

function exact(number: number): BoundedDouble {
  return { mean: number, confidence: 1, low: number, high: number };
}

/** @throws INVALID_OPTION */
function checkApproximation(timeout: Duration, confidence = 0.95): void {
  checkNumber("timeout", timeout, 0, { allowed: "milliseconds, at least 0" });
  checkNumber("confidence", confidence, 0, { most: 1 });
}
