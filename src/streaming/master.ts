import { availableParallelism } from "node:os";
import type { Cluster } from "../cluster/cluster.ts";
import { InlineCluster } from "../cluster/local/inline-cluster.ts";
import { ThreadCluster } from "../cluster/local/thread-cluster.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { runOptions } from "../runtime/role.ts";

/** The master by precedence: the command line, DSTREAM_MASTER, the program, "local". */
export function resolveMaster(fromProgram: string | undefined): string {
  return runOptions().master ?? process.env.DSTREAM_MASTER ?? fromProgram ?? "local";
}

/** @throws INVALID_OPTION for text that is no master, NOT_SUPPORTED for Spark. */
export function clusterOf(master: string): Cluster {
  if (master === "local") return new InlineCluster();
  const threads = /^local\[(\*|[1-9]\d{0,3})\]$/.exec(master)?.[1];
  if (threads !== undefined) return new ThreadCluster(threads === "*" ? availableParallelism() : Number(threads));
  if (master.startsWith("sc://")) {
    throw new DStreamError(
      "NOT_SUPPORTED",
      `master "${master}": Spark clusters are not supported yet; use "local" or "local[n]"`,
    );
  }
  throw new DStreamError(
    "INVALID_OPTION",
    `master must be "local", "local[n]", "local[*]" or "sc://host:port", not "${master}"`,
    {
      data: { option: "master" },
    },
  );
}
