// The library connects and authenticates (TLS, SASL); then its socket is ours: Fetch and Produce need whole frames in one buffer
// each, which the library's own reading of a list of socket chunks makes several times slower (decision D7).
import type { Socket } from "node:net";
import type { ConnectionOptions } from "@platformatic/kafka";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { KafkaConnection } from "../types.ts";
import type { BrokerAddress } from "./broker-address.ts";

/** @throws BROKER_UNREACHABLE, AUTHENTICATION_FAILED, TLS_MISMATCH */
export async function connectSocket(
  { host, port }: BrokerAddress,
  options: KafkaConnection,
  timeoutMs: number,
): Promise<Socket> {
  // Loaded when it is first needed: a job without Kafka, and each of its threads, starts several times faster.
  const { Connection } = await import("@platformatic/kafka");
  const connection = new Connection(options.clientId ?? "dstream", {
    connectTimeout: timeoutMs,
    ...(options.tls && { tls: options.tls === true ? {} : options.tls }),
    ...(options.sasl && { sasl: options.sasl }),
  } as ConnectionOptions);
  connection.on("error", () => {});
  try {
    await connection.connect(host, port);
  } catch (error) {
    await connection.close().catch(() => {});
    throw connectError(error, `${host}:${port}`);
  }
  const { socket } = connection;
  socket.removeAllListeners("data");
  return socket;
}

function connectError(error: unknown, address: string): DStreamError {
  const causes = [...allCauses(error)];
  if (
    causes.some(
      (cause) => cause.name === "AuthenticationError" || (cause as { code?: string }).code === "PLT_KFK_AUTHENTICATION",
    )
  ) {
    return new DStreamError("AUTHENTICATION_FAILED", `${address} refused the credentials`, { cause: error });
  }
  const codes = causes.map((cause) => (cause as { code?: string }).code ?? "");
  if (
    codes.some((code) => code.startsWith("ERR_SSL") || code === "EPROTO") ||
    causes.some((cause) => /TLS/.test(cause.message))
  ) {
    return new DStreamError("TLS_MISMATCH", `${address} does not speak TLS as asked for`, { cause: error });
  }
  const reason = codes.find((code) => /^E[A-Z]+$/.test(code)) ?? causes.at(-1)?.message ?? "unknown";
  return new DStreamError("BROKER_UNREACHABLE", `${address} cannot be reached (${reason})`, { cause: error });
}

function* allCauses(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 8) return;
  yield error;
  yield* allCauses(error.cause, depth + 1);
  if (error instanceof AggregateError) for (const inner of error.errors) yield* allCauses(inner, depth + 1);
}
