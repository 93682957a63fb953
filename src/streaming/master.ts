import { availableParallelism } from "node:os";
import type { Cluster } from "../cluster/cluster.ts";
import { InlineCluster } from "../cluster/local/inline-cluster.ts";
import { ThreadCluster } from "../cluster/local/thread-cluster.ts";
import { SparkCluster } from "../cluster/spark/spark-cluster.ts";
import { checkOptionNames, invalidOption } from "../errors/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { runOptions } from "../runtime/role.ts";

/** The master by precedence: the command line, DSTREAM_MASTER, the program, "local". */
export function resolveMaster(fromProgram: string | undefined): string {
  return runOptions().master ?? process.env.DSTREAM_MASTER ?? fromProgram ?? "local";
}

/** @throws INVALID_OPTION for text that is no master; UNKNOWN_OPTION for a setting that is not known. */
export function clusterOf(master: string, conf: Readonly<Record<string, string>>): Cluster {
  const { settings, nodeArchive } = sparkSettings(conf);
  if (master === "local") return new InlineCluster();
  const threads = /^local\[(\*|[1-9]\d{0,3})\]$/.exec(master)?.[1];
  if (threads !== undefined) return new ThreadCluster(threads === "*" ? availableParallelism() : Number(threads));
  if (master.startsWith("sc://")) return new SparkCluster(master, { settings, nodeArchive });
  throw new DStreamError(
    "INVALID_OPTION",
    `master must be "local", "local[n]", "local[*]" or "sc://host:port", not "${master}"`,
    {
      data: { option: "master" },
    },
  );
}

const archiveSetting = "dstream.spark.nodeArchive";

function sparkSettings(conf: Readonly<Record<string, string>>): {
  settings: Record<string, string>;
  nodeArchive: string | undefined;
} {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(conf)) {
    if (typeof value !== "string") throw invalidOption(`conf["${name}"]`, typeof value, "a string");
    if (name.startsWith("spark.")) settings[name] = value;
    else checkOptionNames("conf", { [name]: value }, [archiveSetting]);
  }
  return { settings, nodeArchive: conf[archiveSetting] };
}
