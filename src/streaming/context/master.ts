import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Cluster } from "../../cluster/cluster.ts";
import { InlineCluster } from "../../cluster/local/inline-cluster.ts";
import { ThreadCluster } from "../../cluster/local/thread-cluster.ts";
import { checkSparkConnection, type SparkConnectionOptions } from "../../cluster/spark/connect/connection-options.ts";
import { checkOptionNames, checkText, invalidOption } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { systemReason } from "../../errors/shown/system-reason.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";

/** The master by precedence: the command line, DSTREAM_MASTER, the program, "local". */
export function resolveMaster(fromProgram: string | undefined, { runOptions, environment }: HostProcess): string {
  return runOptions.master ?? environment.DSTREAM_MASTER ?? fromProgram ?? "local";
}

/** What a master's text means. */
type Master =
  | { readonly kind: "inline" }
  | { readonly kind: "threads"; readonly count: number }
  | { readonly kind: "spark"; readonly url: string };

/** @throws INVALID_OPTION for text that is no master. */
export function parseMaster(master: string): Master {
  checkText("master", master);
  if (master === "local") return { kind: "inline" };
  const threads = /^local\[(\*|[1-9]\d{0,3})\]$/.exec(master)?.[1];
  if (threads !== undefined) {
    return { kind: "threads", count: threads === "*" ? availableParallelism() : Number(threads) };
  }
  if (master.startsWith("sc://")) return { kind: "spark", url: master };
  throw new DStreamError(
    "INVALID_OPTION",
    `master must be "local", "local[n]", "local[*]" or "sc://host:port", not "${master}"`,
    {
      data: { option: "master" },
    },
  );
}

/**
 * The cluster of a master. Spark's client is loaded only where it is used: it takes as long to load as all the rest.
 *
 * @throws INVALID_OPTION for text that is no master; UNKNOWN_OPTION for a setting that is not known.
 */
export async function clusterOf(
  text: string,
  process: HostProcess,
  conf: Readonly<Record<string, string>>,
  connection: SparkConnectionOptions = {},
): Promise<Cluster> {
  const options = sparkSettings(conf);
  const master = parseMaster(text);
  const { connectCa } = process.runOptions;
  if (connectCa !== undefined && master.kind !== "spark") {
    throw invalidOption("--connect-ca", `one beside the master ${text}`, "given with a Spark master (sc://…)");
  }
  if (master.kind === "inline") return new InlineCluster();
  if (master.kind === "threads") return new ThreadCluster(master.count);
  const { SparkCluster } = await import("../../cluster/spark/spark-cluster.ts");
  return new SparkCluster(master.url, { ...options, connection: withAuthorities(connection, connectCa) }, process);
}

/** The command line's authorities come first. @throws INVALID_OPTION for a file that has none. */
function withAuthorities(connection: SparkConnectionOptions, file: string | undefined): SparkConnectionOptions {
  if (file === undefined) return connection;
  let ca: string;
  try {
    ca = readFileSync(file, "utf8");
  } catch (cause) {
    throw new DStreamError("INVALID_OPTION", `--connect-ca: ${file}: ${systemReason(cause)}`, {
      cause,
      data: { option: "--connect-ca" },
    });
  }
  if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(ca))
    throw invalidOption("--connect-ca", file, "a file of certificates in PEM");
  const joined = { ...connection, tls: { ...connection.tls, ca } };
  checkSparkConnection(joined);
  return joined;
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
