import { DStreamError } from "../../errors/dstream-error.ts";
import { toWire } from "../../errors/error-wire.ts";
import { unwrap, wrap } from "../../runtime/envelope.ts";
import { findTestJob, liveApart } from "../job-import.ts";
import { ManualClock } from "../manual-clock.ts";
import type { QueuedJob } from "../test-context.ts";
import { type FromKilled, goOn, type KilledLife } from "./killed-life.ts";
import { runLife } from "./run-life.ts";

// The process of a life that ends by a kill. It imports the modules of the jobs, as workers do.

liveApart();
process.once("disconnect", () => process.exit(1));
let isTold = false;
let wake = (): void => {};
process.on("message", (received: unknown) => {
  const life = unwrap<KilledLife | typeof goOn>(received);
  if (life === goOn) wake();
  if (life === undefined || life === goOn || isTold) return;
  isTold = true;
  void live(life)
    .then(
      () => tell({ type: "ended" }),
      (error: unknown) => tell({ type: "error", error: toWire(DStreamError.from(error)) }),
    )
    .finally(() => process.exit());
});

async function live({ spec, queues, now, until, fails, isWatched }: KilledLife): Promise<void> {
  const jobs: QueuedJob[] = [];
  for (const [index, job] of spec.jobs.entries()) {
    jobs.push({ job: await findTestJob(job), queues: queues[index] ?? [] });
  }
  await runLife({
    spec,
    jobs,
    clock: new ManualClock(now),
    until,
    fails,
    isRestarted: false,
    collect: (index, rows, time) => tell({ type: "rows", index, rows, time }),
    failed: () => void tell({ type: "failed" }),
    between: isWatched ? between : undefined,
  });
}

async function between(): Promise<void> {
  const goesOn = new Promise<void>((resolve) => {
    wake = resolve;
  });
  await tell({ type: "between" });
  await goesOn;
}

/** Resolves when the message is on its way, and outlives this process. */
function tell(message: FromKilled): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(wrap(message), undefined, undefined, () => resolve());
  });
}
