import { readFileSync } from "node:fs";
import { type GroupMember, membersOf } from "../../test/support/process-group.ts";

const everyMs = 200;

/** What a cluster took for one run. */
export interface Usage {
  /** The largest resident size of one worker, of Node or of Python, in MB; 0 where there is none. */
  readonly workerMb: number;
  /** The largest resident size of all that is not Java together, in MB. */
  readonly workersMb: number;
}

/** Does the work and says what the cluster's process groups took meanwhile. */
export async function usageOf<T>(groups: readonly number[], work: () => Promise<T>): Promise<[T, Usage]> {
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
    const usage = { workerMb: Math.round(workerMb), workersMb: Math.round(workersMb) };
    return [result, usage];
  } finally {
    isDone = true;
    await watching;
  }
}

function isJava({ command }: GroupMember): boolean {
  return /^(\S*\/)?java /.test(command) || /spark-(class|submit)/.test(command);
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
