import { readFileSync } from "node:fs";
import { type GroupMember, membersOf } from "../../test/support/process-group.ts";

const everyMs = 200;
const ticksPerSecond = 100;

/** What a cluster took for one run. */
export interface Usage {
  /** Of all its processes: the Java machines, and the workers that ended meanwhile. */
  readonly cpuSeconds: number;
  /** The largest resident size of one worker, of Node or of Python, in MB; 0 where there is none. */
  readonly workerMb: number;
  /** The largest resident size of all that is not Java together, in MB. */
  readonly workersMb: number;
}

/** Does the work and says what the cluster's process groups took meanwhile. */
export async function usageOf<T>(groups: readonly number[], work: () => Promise<T>): Promise<[T, Usage]> {
  const before = await cpuSeconds(groups);
  let [workerMb, workersMb] = [0, 0];
  let isDone = false;
  const watch = async (): Promise<void> => {
    while (!isDone) {
      const sizes = (await membersOf(groups)).filter((member) => !isJava(member)).map(({ pid }) => residentMb(pid));
      workerMb = Math.max(workerMb, ...sizes);
      workersMb = Math.max(
        workersMb,
        sizes.reduce((a, b) => a + b, 0),
      );
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  const watching = watch();
  try {
    const result = await work();
    const used = (await cpuSeconds(groups)) - before;
    const usage = {
      cpuSeconds: Number(used.toFixed(1)),
      workerMb: Math.round(workerMb),
      workersMb: Math.round(workersMb),
    };
    return [result, usage];
  } finally {
    isDone = true;
    await watching;
  }
}

function isJava({ command }: GroupMember): boolean {
  return /^(\S*\/)?java /.test(command) || /spark-(class|submit)/.test(command);
}

/** Of the running processes and of those of their children that have ended. */
async function cpuSeconds(groups: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const { pid } of await membersOf(groups)) {
    const stat = read(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return ticks / ticksPerSecond;
}

function residentMb(pid: number): number {
  const [, kb] = /^VmRSS:\s*(\d+)/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return Number(kb ?? 0) / 1024;
}

/** Nothing for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
