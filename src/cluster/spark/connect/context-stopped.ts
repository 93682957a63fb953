import { Code, type ConnectError } from "@connectrpc/connect";
import type { SparkFailure } from "./spark-failure.ts";

/** The server's application is over, though its process may go on listening. */
export function contextStoppedText(address: string): string {
  return `the SparkContext of the Spark server at ${address} has stopped: restart the Connect server, whose log says why`;
}

/** What Java's gRPC says of a failure that the server did not catch. */
const uncaught = /^(Application error processing RPC)?$/;

/**
 * Whether a server that fails to make a session does so for want of a SparkContext. It fails by an assertion of its own then, or without
 * a word, as long as its process listens.
 */
export function isWithoutContext({ code, rawMessage }: ConnectError, { kinds, text }: SparkFailure): boolean {
  if (code === Code.Unknown && uncaught.test(rawMessage)) return true;
  const asserted = kinds[0]?.endsWith(".AssertionError") === true && /^(\w*: )?assertion failed$/.test(text.trim());
  return asserted || text.includes("No active or default Spark session found");
}
