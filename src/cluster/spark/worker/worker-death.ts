import { hostname } from "node:os";
import { DStreamError } from "../../../errors/dstream-error.ts";
import type { MemoryGroup } from "./memory-group.ts";

/** How a worker ended that nobody had told to. */
export interface WorkerDeath {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it printed to stderr. */
  readonly printed: string;
  /** Whether the system has killed a process of its control group that is not known to be another's. */
  readonly groupWasShort: boolean;
}

/** Node's words when its heap is at its limit, whether it was growing or is too small to begin with. */
const heapIsFull = /JavaScript (heap )?out of memory|Reached heap limit/;
const where = "where the Connect server is started";

/**
 * What a worker's end means, as far as its daemon can tell: SPARK_MEMORY_EXCEEDED, or WORKER_DIED with the signal. `memoryMb` is the limit
 * of a worker's heap that Spark has set.
 */
export function deathError(
  { code, signal, printed, groupWasShort }: WorkerDeath,
  memoryMb: number | undefined,
  group: MemoryGroup | undefined,
): DStreamError {
  const host = hostname();
  if (heapIsFull.test(printed)) {
    const limit =
      memoryMb === undefined ? "Node's default" : `${memoryMb} MB, its part of spark.executor.pyspark.memory`;
    const text = `a worker on ${host} reached the limit of its heap (${limit}): raise spark.executor.pyspark.memory ${where}, on YARN with spark.yarn.isPython=true, or let the job hold less`;
    const data = {
      host,
      setting: "spark.executor.pyspark.memory",
      ...(memoryMb !== undefined && { limitMb: memoryMb }),
    };
    return new DStreamError("SPARK_MEMORY_EXCEEDED", text, { data });
  }
  if (groupWasShort) {
    const limitMb = group?.limitMb;
    const limit = limitMb === undefined ? "" : `, which has ${limitMb} MB,`;
    const text = `the system of ${host} killed a worker since the memory of its container${limit} was used up: raise spark.executor.memoryOverhead ${where}, or let the job hold less`;
    const data = { host, setting: "spark.executor.memoryOverhead", ...(limitMb !== undefined && { limitMb }) };
    return new DStreamError("SPARK_MEMORY_EXCEEDED", text, { data });
  }
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const hint = signal === "SIGKILL" ? ", from outside or by a system without memory" : "";
  const text = `a worker on ${host} ended ${how} before its task did${hint}`;
  return new DStreamError("WORKER_DIED", text, { data: { host, ...(signal !== null && { signal }) } });
}
