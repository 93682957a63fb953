// A server that does not understand how it is spoken to ends the connection without a word. What it does speak is found out by asking in
// the other way.
import { once } from "node:events";
import { isIP } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { DStreamError } from "../../../errors/dstream-error.ts";
import type { ConnectionString } from "./connection-string.ts";

/** What one question may take. */
const questionTimeoutMs = 2_000;

/** The error of a first request, or a better one where the other side ended the connection. */
export async function diagnosed(error: DStreamError, target: ConnectionString): Promise<DStreamError> {
  if (error.code !== "SPARK_UNREACHABLE") return error;
  const speaksSomethingElse = error.data.reason === "ERR_HTTP2_ERROR" || /HTTP_1_1_REQUIRED/.test(error.message);
  const wasEnded = speaksSomethingElse || /ECONNRESET|EPIPE|stream closed with error code/.test(error.message);
  if (wasEnded && !target.useTls && (await speaksTls(target))) {
    const text = `${target.address} speaks TLS, and was spoken to without; add use_ssl=true to the master`;
    return new DStreamError("SPARK_TLS_MISMATCH", text, { cause: error, data: { option: "use_ssl" } });
  }
  if (wasEnded && target.useTls && !speaksSomethingElse) {
    const text = `${target.address} took the connection and ended it; some servers do so where they do not believe the client's certificate, or miss one (spark.tls.cert and spark.tls.key)`;
    return new DStreamError("SPARK_UNREACHABLE", text, { cause: error });
  }
  if (!speaksSomethingElse) return error;
  const text = `what answers at ${target.address} does not speak HTTP/2, which gRPC needs: no Spark Connect server is there, or a proxy has to offer HTTP/2`;
  return new DStreamError("SPARK_ENDPOINT_INVALID", text, { cause: error });
}

/** Nothing is sent over this connection, and nothing is believed of the other side. */
async function speaksTls({ host, port }: ConnectionString): Promise<boolean> {
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = tlsConnect({ host, port, ...name, rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] });
  socket.on("error", () => {});
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(questionTimeoutMs) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
