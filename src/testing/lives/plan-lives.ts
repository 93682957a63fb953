import { invalidOption } from "../../errors/checks/check-options.ts";
import type { CrashPoint } from "../../runtime/crash-points.ts";
import type { Batches } from "../test-job.ts";
import { checkedFault, type KnownFault } from "./fault.ts";

// A run with faults is a run of several lives, one after the other on the same checkpoint: each ends by a kill in one of its
// batches, or gracefully between two of them.

/** Where a process is to be killed. */
export interface KillMoment {
  readonly point: CrashPoint;
  readonly batchTime: number;
}

/** An attempt that is to fail. */
export interface FailingAttempt {
  readonly batchTime: number;
  readonly message: string;
}

export interface Life {
  readonly master: string;
  /** The last batch time before it ends. */
  readonly until: number;
  readonly kill: KillMoment | undefined;
  readonly fails: readonly FailingAttempt[];
}

/** The rows of one input, entry by entry, and its faults with the number of the batch that each hits, from 1. */
export interface InputPlan {
  readonly entries: readonly (readonly unknown[] | null)[];
  readonly faults: readonly { readonly batch: number; readonly fault: KnownFault }[];
}

/** @throws INVALID_OPTION for entries of another kind. */
export function readInput(input: Batches<unknown>): InputPlan {
  const entries: (readonly unknown[] | null)[] = [];
  const faults: { batch: number; fault: KnownFault }[] = [];
  for (const entry of input) {
    if (entry === null || Array.isArray(entry)) entries.push(entry);
    else faults.push({ batch: entries.length + 1, fault: checkedFault(entry) });
  }
  return { entries, faults };
}

export interface LivesOptions {
  readonly master: string;
  /** The time before the first batch. */
  readonly startTime: number;
  readonly batchInterval: number;
  readonly numBatches: number;
}

/** @throws INVALID_OPTION for a fault behind the last batch. */
export function planLives(
  inputs: readonly InputPlan[],
  { master, startTime, batchInterval, numBatches }: LivesOptions,
): Life[] {
  const lives: Life[] = [];
  let now = master;
  let fails: FailingAttempt[] = [];
  const end = (until: number, kill?: KillMoment): void => {
    lives.push({ master: now, until, kill, fails: fails.filter(({ batchTime }) => batchTime <= until) });
    fails = fails.filter(({ batchTime }) => batchTime > until);
  };
  for (const { batch, fault } of inputs.flatMap((input) => input.faults).sort((a, b) => a.batch - b.batch)) {
    const batchTime = startTime + batch * batchInterval;
    if (batch > numBatches) {
      throw invalidOption(
        `the place of ${fault.fault}()`,
        `before batch ${batch}`,
        `before one of ${numBatches} batches`,
      );
    }
    if (fault.fault === "fail") fails.push({ batchTime, message: fault.message });
    else if (fault.fault === "kill") end(batchTime, { point: fault.point, batchTime });
    else {
      end(batchTime - batchInterval);
      now = fault.master ?? now;
    }
  }
  end(startTime + numBatches * batchInterval);
  return lives;
}
