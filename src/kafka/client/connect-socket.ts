// Sockets without SASL are opened here, so that what they receive goes straight into the memory of its frame. With SASL the library
// connects and authenticates; then its socket is ours.
import { once } from "node:events";
import { isIP, type OnReadOpts, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { ConnectionOptions } from "@platformatic/kafka";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { KafkaConnection } from "../types.ts";
import type { BrokerAddress } from "./broker-address.ts";

/** Takes what a socket receives: `space` tells where the next bytes belong, `filled` how many have come. It must not throw. */
export interface SocketReader {
  space(): Buffer;
  filled(bytes: number): void;
}

/** @throws BROKER_UNREACHABLE, AUTHENTICATION_FAILED, TLS_MISMATCH */
export async function connectSocket(
  address: BrokerAddress,
  options: KafkaConnection,
  timeoutMs: number,
  reader: SocketReader,
): Promise<Socket> {
  try {
    if (options.sasl === undefined) return await connectDirectly(address, options.tls, timeoutMs, reader);
    return await connectWithSasl(address, options, timeoutMs, reader);
  } catch (error) {
    throw connectError(error, `${address.host}:${address.port}`);
  }
}

async function connectDirectly(
  { host, port }: BrokerAddress,
  tls: KafkaConnection["tls"],
  timeoutMs: number,
  reader: SocketReader,
): Promise<Socket> {
  const onread: OnReadOpts = {
    buffer: () => reader.space(),
    callback: (bytes) => {
      reader.filled(bytes);
      return true;
    },
  };
  const socket = tls ? tlsConnect(tlsOptions(host, port, tls, onread)) : tcpConnect({ host, port, onread });
  socket.setNoDelay(true);
  socket.on("error", () => {});
  const late = AbortSignal.timeout(timeoutMs);
  try {
    await once(socket, tls ? "secureConnect" : "connect", { signal: late });
  } catch (error) {
    socket.destroy();
    throw late.aborted ? new Error(`no connection within ${timeoutMs} ms`, { cause: error }) : error;
  }
  return socket;
}

/** Node's sockets take `onread` with TLS, too; only its types do not say so. */
function tlsOptions(host: string, port: number, tls: true | object, onread: OnReadOpts): object {
  // Proxies that serve several brokers at one address go by the name.
  const name = isIP(host) === 0 ? { servername: host } : {};
  return { ...name, ...(tls === true ? {} : tls), host, port, onread };
}

async function connectWithSasl(
  { host, port }: BrokerAddress,
  options: KafkaConnection,
  timeoutMs: number,
  reader: SocketReader,
): Promise<Socket> {
  // Loaded when it is needed: that takes a quarter of a second.
  const { Connection } = await import("@platformatic/kafka");
  const connection = new Connection(options.clientId ?? "dstream", {
    connectTimeout: timeoutMs,
    ...(options.tls && { tls: options.tls === true ? {} : options.tls }),
    sasl: options.sasl,
  } as ConnectionOptions);
  connection.on("error", () => {});
  try {
    await connection.connect(host, port);
  } catch (error) {
    await connection.close().catch(() => {});
    throw error;
  }
  const { socket } = connection;
  socket.removeAllListeners("data");
  socket.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(reader.space(), 0, at);
      reader.filled(copied);
      at += copied;
    }
  });
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
