// npm run simulate: the whole system in simulated time.
//
//   --seed S             one run, with its trace
//   --seed S --shrink    the same with as few faults and records as the finding needs
//   --brokers 1|3        all runs with so many; default: drawn by the seed
//   --runs N, --minutes M   so many runs, with new seeds or those from S on; default: one minute
//   --mutants [--only NAME]   plants known faults, one at a time, and looks how many runs find each
//
// A finding is printed with the command that repeats it, and ends the command with 1.
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { findMutants } from "./mutants/find-mutants.ts";
import { runAlone } from "./run-alone.ts";
import { specOf } from "./run-spec.ts";
import { shrink } from "./shrink.ts";
import { startWorker } from "./start-worker.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    shrink: { type: "boolean" },
    runs: { type: "string" },
    minutes: { type: "string" },
    brokers: { type: "string" },
    mutants: { type: "boolean" },
    only: { type: "string" },
  },
});
const { runs, minutes } = values;
const brokers = values.brokers === undefined ? undefined : brokersOf(values.brokers);
const seed = values.seed === undefined ? undefined : numberOf("seed", values.seed);

let isGood: boolean;
if (values.mutants) isGood = await findMutants(values.only, seed ?? 1);
else if (seed !== undefined && runs === undefined && minutes === undefined) isGood = await one(seed);
else isGood = await many(seed ?? randomInt(2 ** 31));
if (!isGood) process.exitCode = 1;

async function one(seed: number): Promise<boolean> {
  const spec = values.shrink ? await shrink(specOf(seed, brokers), console.log) : specOf(seed, brokers);
  const { lines, finding, batches, faults, simulatedMs, events, trace } = await runAlone(spec, true);
  for (const line of lines) console.log(line);
  console.log(JSON.stringify(spec, undefined, 2));
  const seconds = Math.round(simulatedMs / 1_000);
  console.log(`${batches} batches, ${faults} faults, ${events} events in ${seconds} s; trace ${trace >>> 0}`);
  console.log(finding === undefined ? "Nothing is wrong." : `FINDING: ${finding}`);
  return finding === undefined;
}

async function many(first: number): Promise<boolean> {
  const most = runs === undefined ? Number.POSITIVE_INFINITY : numberOf("runs", runs);
  const unless = runs === undefined ? 1 : null;
  const long = minutes === undefined ? unless : numberOf("minutes", minutes);
  const workers = availableParallelism();
  const total = { runs: 0, batches: 0, faults: 0, simulatedMs: 0, findings: 0 };
  const startedAt = performance.now();
  const found = (text: string, seed?: number): void => {
    total.findings++;
    console.log(`FINDING: ${text}`);
    if (seed !== undefined)
      console.log(`  npm run simulate -- --seed ${seed}${brokers === undefined ? "" : ` --brokers ${brokers}`}`);
  };
  console.log(`seeds from ${first} on, ${workers} runs at a time`);
  const work = async (worker: number): Promise<void> => {
    const part = {
      first: first + worker,
      step: workers,
      runs: Math.ceil((most - worker) / workers),
      minutes: long,
      brokers,
    };
    const problem = await startWorker(part, ({ seed, finding, batches, faults, simulatedMs }) => {
      total.runs++;
      total.batches += batches;
      total.faults += faults;
      total.simulatedMs += simulatedMs;
      if (finding !== undefined) found(finding, seed);
    });
    if (problem !== undefined) found(problem);
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const rate = Math.round((total.runs / seconds) * 60);
  const hours = (total.simulatedMs / 3_600_000).toFixed(1);
  console.log(`${total.runs} runs in ${Math.round(seconds)} s (${rate} a minute), ${hours} simulated hours,`);
  console.log(`${total.batches} batches, ${total.faults} faults: ${total.findings} findings`);
  return total.findings === 0;
}

function brokersOf(text: string): 1 | 3 {
  if (text === "1" || text === "3") return Number(text) as 1 | 3;
  console.error(`--brokers takes 1 or 3, not "${text}"`);
  process.exit(2);
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number >= 0) return number;
  console.error(`--${option} takes a number, not "${text}"`);
  process.exit(2);
}
