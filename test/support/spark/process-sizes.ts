import { readdirSync, readFileSync } from "node:fs";
import { membersOf } from "../process-group.ts";
import { outputOf } from "../processes.ts";

/** What a set of processes holds. */
export interface Sizes {
  readonly processes: number;
  /** Files and sockets. */
  readonly descriptors: number;
  /** Of Java machines: what is left after a collection; of others: what is resident. */
  readonly memoryMb: number;
}

/** The sizes of Spark's own processes, and of our workers below them. */
export async function sizesOf(groups: readonly number[]): Promise<{ readonly spark: Sizes; readonly workers: Sizes }> {
  const members = await membersOf(groups);
  const isJava = ({ command }: { command: string }): boolean => /^(\S*\/)?java /.test(command);
  return {
    spark: await total(members.filter(isJava), heapMb),
    workers: await total(
      members.filter(({ command }) => command.includes("worker.mjs")),
      residentMb,
    ),
  };
}

export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function total(
  members: readonly { readonly pid: number }[],
  memoryOf: (pid: number) => Promise<number>,
): Promise<Sizes> {
  let [descriptors, memoryMb] = [0, 0];
  for (const { pid } of members) {
    descriptors += descriptorsOf(pid);
    memoryMb += await memoryOf(pid);
  }
  return { processes: members.length, descriptors, memoryMb };
}

async function heapMb(pid: number): Promise<number> {
  await outputOf("jcmd", [String(pid), "GC.run"]);
  const heap = await outputOf("jcmd", [String(pid), "GC.heap_info"]);
  const [, usedKb] = / used (\d+)K/.exec(heap) ?? [];
  return Number(usedKb) / 1024;
}

async function residentMb(pid: number): Promise<number> {
  const [, kb] = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1024;
}
