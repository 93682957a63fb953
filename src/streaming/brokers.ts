import { runOptions } from "../runtime/role.ts";

const defaultBrokers = ["localhost:9092"];

/** Brokers by precedence: the command line, DSTREAM_BROKERS, the program, localhost:9092. */
export function resolveBrokers(fromProgram: readonly string[] | undefined): readonly string[] {
  const fromEnvironment = process.env.DSTREAM_BROKERS?.split(",").map((broker) => broker.trim());
  return runOptions().brokers ?? fromEnvironment ?? fromProgram ?? defaultBrokers;
}
