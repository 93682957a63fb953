import type { ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mavenJars } from "../maven.ts";
import { endProcess, startProcess } from "../processes.ts";

// A real agent of Apache Flume from Maven Central.

const pom = fileURLToPath(new URL("./pom.xml", import.meta.url));

export const flumeVersion = "1.11.0";

/** Class path of Flume; downloaded once. */
export async function flumeLibraries(): Promise<string> {
  return join(await mavenJars(`flume-${flumeVersion}`, pom, `-Dflume.version=${flumeVersion}`), "*");
}

const frugal = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

interface FlumeAgentOptions {
  /** Its name in the configuration. Default "a1". */
  readonly name?: string;
  /** Arguments of the Java machine. Default: those of a small one. */
  readonly java?: readonly string[];
}

/** An agent of a configuration, which may be killed and started again. Its log is `agent.log` in its folder. */
export class FlumeAgent implements AsyncDisposable {
  readonly #folder: string;
  readonly #name: string;
  readonly #java: readonly string[];
  #process: ChildProcess | undefined;

  /** `properties`: the configuration file. */
  constructor(folder: string, properties: string, { name = "a1", java = frugal }: FlumeAgentOptions = {}) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#name = name;
    this.#java = java;
    writeFileSync(join(folder, "agent.properties"), properties);
  }

  async start(): Promise<void> {
    const main = ["-cp", await flumeLibraries(), "org.apache.flume.node.Application"];
    const options = ["--conf-file", join(this.#folder, "agent.properties"), "--name", this.#name, "--no-reload-conf"];
    this.#process = startProcess("java", [...this.#java, ...main, ...options]);
    const log = createWriteStream(join(this.#folder, "agent.log"), { flags: "a" });
    for (const output of [this.#process.stdout, this.#process.stderr]) output?.pipe(log, { end: false });
  }

  /** As a machine would that loses its power, but for what the system has yet to write. */
  async kill(): Promise<void> {
    if (this.#process !== undefined) await endProcess(this.#process, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Lines of a configuration of the agent `a1`, by the names that come after its own. */
export function properties(lines: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(lines)
    .map(([name, value]) => `a1.${name} = ${value}\n`)
    .join("");
}

/** A channel that keeps its events in files, so that they outlive the agent. */
export function fileChannel(name: string, folder: string): Record<string, string | number> {
  return {
    [`channels.${name}.type`]: "file",
    [`channels.${name}.checkpointDir`]: join(folder, name, "checkpoint"),
    [`channels.${name}.dataDirs`]: join(folder, name, "data"),
    [`channels.${name}.minimumRequiredSpace`]: 1_048_576,
  };
}

/** A sink of the type avro. */
export function avroSink(
  name: string,
  channel: string,
  port: number,
  others: Readonly<Record<string, string | number | boolean>> = {},
): Record<string, string | number | boolean> {
  const own = { type: "avro", channel, hostname: "127.0.0.1", port, "batch-size": 100, ...others };
  return Object.fromEntries(Object.entries(own).map(([key, value]) => [`sinks.${name}.${key}`, value]));
}
