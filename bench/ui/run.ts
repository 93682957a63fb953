// What a job's page costs it, as CPU time of the driver's process: without a page, with one that nobody looks at, and with one whose
// events somebody reads, in turns. run.ts [ROUNDS]. Prints medians and how far the rounds lie apart, and writes results/ui.json.
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const modes = ["off", "page", "client"] as const;
type Mode = (typeof modes)[number];
/** Small batches: one after the other, for what a page costs a batch; ten a second, for what one that is looked at costs a second. */
const jobs = {
  "in a row": { batches: 1_500, intervalMs: 0 },
  "ten a second": { batches: 40, intervalMs: 100 },
} as const;
type JobName = keyof typeof jobs;

const rounds = Number(process.argv[2] ?? 7);
const file = fileURLToPath(new URL("job.ts", import.meta.url));

interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** CPU and other time of a batch. */
async function run(name: JobName, mode: Mode): Promise<Cost> {
  const { batches, intervalMs } = jobs[name];
  const child = fork(file, [String(batches), String(intervalMs), mode === "off" ? "off" : "ui"]);
  const exit = once(child, "exit");
  const closing = new AbortController();
  const [{ uiUrl }] = (await once(child, "message")) as [{ readonly uiUrl?: string }];
  if (mode === "client" && uiUrl !== undefined) await readEvents(uiUrl, closing.signal);
  child.send("go");
  const [{ cpuMs, wallMs }] = (await once(child, "message")) as [Cost];
  closing.abort();
  await exit;
  return { cpuMs: cpuMs / batches, wallMs: wallMs / batches };
}

/** As a page does, in this process; resolves when it is connected. */
async function readEvents(url: string, signal: AbortSignal): Promise<void> {
  const { body } = await fetch(new URL("/api/v1/events", url), { signal });
  const read = async (): Promise<void> => {
    for await (const _ of body ?? []);
  };
  read().catch(() => {});
}

const round3 = (value: number): number => Math.round(value * 1_000) / 1_000;

const costs: Record<JobName, Record<Mode, Cost[]>> = {
  "in a row": { off: [], page: [], client: [] },
  "ten a second": { off: [], page: [], client: [] },
};
for (let round = 0; round < rounds; round++) {
  // Each mode comes first as often as the others.
  const turns = modes.map((_, i) => modes[(i + round) % modes.length] as Mode);
  for (const name of Object.keys(jobs) as JobName[]) {
    for (const mode of turns) {
      const cost = await run(name, mode);
      costs[name][mode].push(cost);
      console.log(`${name}, ${mode}: ${round3(cost.cpuMs)} ms of CPU a batch`);
    }
  }
}

const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;
};
const results = (Object.keys(jobs) as JobName[]).flatMap((job) =>
  modes.map((mode) => {
    const cpu = costs[job][mode].map(({ cpuMs }) => cpuMs);
    const off = costs[job].off.map(({ cpuMs }) => cpuMs);
    const differences = cpu.map((ms, i) => ms - (off[i] as number));
    return {
      ...{ job, mode, rounds, cpuMsABatch: round3(quantile(cpu, 0.5)) },
      ...{ least: round3(Math.min(...cpu)), most: round3(Math.max(...cpu)) },
      /** Round by round, against the run without a page. */
      more: round3(quantile(differences, 0.5)),
      moreLeast: round3(Math.min(...differences)),
      moreMost: round3(Math.max(...differences)),
      wallMsABatch: round3(
        quantile(
          costs[job][mode].map(({ wallMs }) => wallMs),
          0.5,
        ),
      ),
    };
  }),
);
console.table(results);
writeFileSync(new URL("../results/ui.json", import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);
