import { seconds } from "dstream";

// A job that says where it runs, for the test of shipping; the worker that loads it is job-worker.ts.

interface Place {
  readonly second: number;
  readonly pid: number;
  readonly parent: number;
  readonly stack: string | undefined;
}

function place(): Place {
  const { stack } = new Error("here");
  return { second: seconds(1), pid: process.pid, parent: process.ppid, stack };
}

Object.assign(globalThis, { place });
await new Promise(() => {});
