import type { HostProcess } from "../../runtime/process/this-process.ts";

const defaultBrokers = ["localhost:9092"];

/** Brokers by precedence: the command line, DSTREAM_BROKERS, the program, localhost:9092. */
export function resolveBrokers(
  fromProgram: readonly string[] | undefined,
  { runOptions, environment }: HostProcess,
): readonly string[] {
  const text = environment.DSTREAM_BROKERS;
  const fromEnvironment = text === undefined ? undefined : splitBrokers(text);
  return runOptions.brokers ?? fromEnvironment ?? fromProgram ?? defaultBrokers;
}

/** "host:port, host:port" as a list. */
export function splitBrokers(text: string): string[] {
  return text.split(",").map((broker) => broker.trim());
}
