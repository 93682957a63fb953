import { fork } from "node:child_process";
import type { FromWorker, Part } from "./worker.ts";

/** A run takes a fraction of a second: one that takes so long does not end. */
const longestRunMs = 60_000;

/** Runs a part of the seeds in a process of its own. Resolves at its end with what was wrong with the process, if anything was. */
export async function startWorker(
  part: Part,
  told: (message: FromWorker) => void,
  mutant?: string,
): Promise<string | undefined> {
  const planting = mutant === undefined ? [] : [`--import=${new URL("mutants/plant.ts", import.meta.url)}`];
  const child = fork(new URL("worker.ts", import.meta.url), [JSON.stringify(part)], {
    execArgv: [...process.execArgv, ...planting],
    env: { ...process.env, ...(mutant !== undefined && { DSTREAM_MUTANT: mutant }) },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let errors = "";
  let last: number | undefined;
  let problem: string | undefined;
  const late = (): void => {
    problem = `the run after seed ${last} does not end`;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(late, longestRunMs);
  child.stderr?.on("data", (text: Buffer) => {
    errors = `${errors}${text}`.slice(-2_000);
  });
  child.on("message", (message: FromWorker) => {
    clearTimeout(timer);
    timer = setTimeout(late, longestRunMs);
    last = message.seed;
    told(message);
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return code === 0
    ? undefined
    : (problem ?? `the process ended with ${code} in the run after seed ${last}: ${errors}`);
}
