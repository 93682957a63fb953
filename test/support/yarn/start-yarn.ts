import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../../src/runtime/files/cache-folder.ts";
import { waitForLine } from "../log-line.ts";
import { mavenJars } from "../maven.ts";
import { endGroups, startGroup } from "../process-group.ts";

// Hadoop's MiniYARNCluster: a resource manager and two node managers in one process, with real containers.

const hadoopVersion = "3.4.2";
const startTimeoutMs = 120_000;
const here = fileURLToPath(new URL("./", import.meta.url));
/** What Hadoop looks into. */
const opened = [
  ...["lang", "util", "io", "net", "nio", "math", "text", "util.concurrent", "util.concurrent.atomic"].map(
    (part) => `java.${part}`,
  ),
  ...["sun.nio.ch", "sun.net.dns", "sun.security.util"],
];
/** It says why it kills a container in a line of this one. */
const log4j = `log4j.rootLogger=WARN,out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{HH:mm:ss} %p %c{1}: %m%n
`;

export interface Yarn {
  /** For HADOOP_CONF_DIR. */
  readonly confFolder: string;
  /** Its log and those of all containers are below it until it stops. */
  readonly folder: string;
  /** Ends it and removes its files. Containers end with what runs in them. */
  stop(): Promise<void>;
}

/** The jars of MiniYARN; downloaded once. */
export function yarnJars(): Promise<string> {
  return mavenJars(`mini-yarn-${hadoopVersion}`, join(here, "pom.xml"), `-Dhadoop.version=${hadoopVersion}`);
}

/** Starts a YARN whose two nodes have `nodeMib` each. It listens on all addresses: only for `yarnNamespace`. */
export async function startYarn(nodeMib: number): Promise<Yarn> {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  if (!addresses.every(({ internal }) => internal))
    throw new Error("MiniYARN listens on all addresses: run it by npm run test:spark:yarn");
  const jars = await yarnJars();
  const folder = join(cacheFolder(), "yarn-runs", randomUUID());
  mkdirSync(folder, { recursive: true });
  const [logFile, logging] = [join(folder, "yarn.log"), join(folder, "log4j.properties")];
  writeFileSync(logging, log4j);
  const flags = [
    ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    ...["-Xmx700m", "-Djava.net.preferIPv4Stack=true", `-Dlog4j.configuration=file:${logging}`],
  ];
  const args = [...flags, "-cp", join(jars, "*"), join(here, "MiniYarn.java"), folder, String(nodeMib)];
  const group = await startGroup("java", args, { cwd: folder, env: process.env, logFile });
  await waitForLine(logFile, /^YARN is up$/m, group.ended, startTimeoutMs);
  return {
    confFolder: join(folder, "conf"),
    folder,
    stop: async () => {
      await endGroups([group.pid]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
