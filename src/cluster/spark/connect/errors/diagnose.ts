// A server that does not understand how it is spoken to ends the connection without a word. What it does speak is found out by asking in
// the other way.
import { once } from "node:events";
import { isIP } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { tlsFailure } from "../../../../tls/tls-failure.ts";
import type { ConnectionString } from "../connection-string.ts";
import type { Target } from "../target.ts";
import { certificateRefused } from "./tls-error.ts";

/** What one question may take. */
const questionTimeoutMs = 2_000;

/** The error of a first request, or a better one where the other side ended the connection. */
export async function diagnosed(error: DStreamError, target: ConnectionString, shown: Target): Promise<DStreamError> {
  if (error.code !== "SPARK_UNREACHABLE") return error;
  const { address, useTls } = target;
  const speaksSomethingElse = error.data.reason === "ERR_HTTP2_ERROR" || /HTTP_1_1_REQUIRED/.test(error.message);
  const wasEnded = speaksSomethingElse || /ECONNRESET|EPIPE|stream closed with error code/.test(error.message);
  if (wasEnded && !useTls && (await handshake(target, { rejectUnauthorized: false })) === undefined) {
    const text = `${address} speaks TLS, and was spoken to without; add use_ssl=true to the master`;
    return new DStreamError("SPARK_TLS_MISMATCH", text, { cause: error, data: { option: "use_ssl" } });
  }
  if (speaksSomethingElse) {
    const text = `what answers at ${address} does not speak HTTP/2, which gRPC needs: no Spark Connect server is there, or a proxy has to offer HTTP/2`;
    return new DStreamError("SPARK_ENDPOINT_INVALID", text, { cause: error });
  }
  return wasEnded && useTls ? endedInTls(error, target, shown) : error;
}

/**
 * With TLS 1.3 a server looks at the client's certificate when the client takes the connection to be open, and what it says may be lost
 * with the connection. With TLS 1.2 it is part of the handshake.
 */
async function endedInTls(error: DStreamError, target: ConnectionString, shown: Target): Promise<DStreamError> {
  const failure = tlsFailure(await handshake(target, { maxVersion: "TLSv1.2" }));
  if (failure?.kind === "own-refused" || failure?.code.includes("HANDSHAKE_FAILURE"))
    return certificateRefused(shown, failure.code, error);
  const text = `${target.address} took the connection and ended it; some servers do so where they do not believe the client's certificate, or miss one (spark.tls.cert and spark.tls.key)`;
  return new DStreamError("SPARK_UNREACHABLE", text, { cause: error });
}

/** Why no connection with TLS comes about; undefined where one does. Nothing is sent over it. */
async function handshake(target: ConnectionString, options: ConnectionOptions): Promise<unknown> {
  const { host, port } = target;
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = tlsConnect({ host, port, ...name, ...target.tls(), ALPNProtocols: ["h2", "http/1.1"], ...options });
  socket.on("error", () => {});
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(questionTimeoutMs) });
    return undefined;
  } catch (failure) {
    return failure;
  } finally {
    socket.destroy();
  }
}
