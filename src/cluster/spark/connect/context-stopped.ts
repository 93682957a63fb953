import { Code, type ConnectError } from "@connectrpc/connect";
import type { SparkFailure } from "./errors/spark-failure.ts";

/** The server's application is over, though its process may go on listening. */
export function contextStoppedText(address: string): string {
  return `the SparkContext of the Spark server at ${address} has stopped: restart the Connect server, whose log says why`;
}

/** What Java's gRPC says of a failure that the server did not catch. */
const uncaught = "Application error processing RPC";

/**
 * Whether a request failed for want of a SparkContext, although the server does not say so: it needs one to tell of any failure, and fails by
 * that again. Without a word, or by an assertion of its own, it fails for other reasons, too; but not where it only makes a session.
 */
export function isWithoutContext(
  { code, rawMessage }: ConnectError,
  { kinds, text }: SparkFailure,
  makesSession: boolean,
): boolean {
  if (code === Code.Unknown && rawMessage === uncaught) return true;
  if (!makesSession) return false;
  if (code === Code.Unknown && rawMessage === "") return true;
  const asserted = kinds[0]?.endsWith(".AssertionError") === true && /^(\w*: )?assertion failed$/.test(text.trim());
  return asserted || text.includes("No active or default Spark session found");
}
