import type { Cluster } from "../../cluster/cluster.ts";
import { checkSparkConnection, type SparkConnectionOptions } from "../../cluster/spark/connect/connection-options.ts";
import { requireSparkPackages } from "../../cluster/spark/required-packages.ts";
import { checkOptionNames, invalidOption } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { systemReason } from "../../errors/shown/system-reason.ts";
import type { SyncFileSystem } from "../../runtime/files/sync-file-system.ts";
import { parseMaster } from "./master.ts";
import type { EffectiveOptions } from "./spark-conf/effective-options.ts";

/**
 * The cluster of a master, whose code is loaded for this: what runs tasks in this thread is not needed where threads run them, and
 * Spark's client takes as long to load as all the rest.
 *
 * @throws INVALID_OPTION for text that is no master; UNKNOWN_OPTION for a setting that is not known; PACKAGE_MISSING for what Spark needs.
 */
export async function clusterOf(
  text: string,
  { runtime, workers, conf, spark: connection = {} }: EffectiveOptions,
): Promise<Cluster> {
  const { process, syncFiles } = runtime;
  const options = sparkSettings(conf);
  const master = parseMaster(text);
  const { connectCa } = process.runOptions;
  if (connectCa !== undefined && master.kind !== "spark") {
    throw invalidOption("--connect-ca", `one beside the master ${text}`, "given with a Spark master (sc://…)");
  }
  if (master.kind === "inline") {
    const { InlineCluster } = await import("../../cluster/local/inline-cluster.ts");
    return new InlineCluster();
  }
  if (master.kind === "threads") {
    const { ThreadCluster } = await import("../../cluster/local/thread-cluster.ts");
    return new ThreadCluster(master.count, workers);
  }
  await requireSparkPackages();
  const { SparkCluster } = await import("../../cluster/spark/spark-cluster.ts");
  return new SparkCluster(
    master.url,
    { ...options, connection: withAuthorities(connection, connectCa, syncFiles) },
    process,
  );
}

/** The command line's authorities come first. @throws INVALID_OPTION for a file that has none. */
function withAuthorities(
  connection: SparkConnectionOptions,
  file: string | undefined,
  files: SyncFileSystem,
): SparkConnectionOptions {
  if (file === undefined) return connection;
  let ca: string;
  try {
    ca = files.readFile(file).toString();
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
