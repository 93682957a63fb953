import { DStreamError } from "../../errors/dstream-error.ts";
import { messageOf, nodeCodeOf } from "../../errors/shown/thrown.ts";
import { tlsFailure } from "../../tls/tls-failure.ts";

/** Why a connection is closed whose sender is no Avro sink, or one with other settings. */
export function senderRefused(text: string, cause?: unknown): DStreamError {
  return new DStreamError("SENDER_REFUSED", text, { cause });
}

/** What an error of a connection says about its sender; undefined where the connection was just lost. */
export function refusalOf(error: unknown, start: Buffer, hasTls: boolean): DStreamError | undefined {
  if (error instanceof DStreamError) return withGuess(error, start);
  const code = nodeCodeOf(error) ?? "";
  if (code.startsWith("Z_")) {
    return withGuess(
      senderRefused('what came is not compressed by zlib, as compression: "deflate" wants it', error),
      start,
    );
  }
  if (/^ERR_(SSL|TLS)_/.test(code)) return tlsRefusal(code, error);
  if (isLost(code)) return undefined;
  return hasTls && code !== "" ? tlsRefusal(code, error) : DStreamError.from(error);
}

function isLost(code: string): boolean {
  return /^E[A-Z]+$/.test(code) || code.startsWith("ERR_STREAM_") || code === "ABORT_ERR";
}

const noCertificate = "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE";
const tooLate = "ERR_TLS_HANDSHAKE_TIMEOUT";

/** `code`: of the handshake, or of the check of the sender's certificate. */
export function tlsRefusal(code: string, cause: unknown): DStreamError {
  return new DStreamError("TLS_MISMATCH", tlsText(code), { cause, data: { option: "tls", reason: code } });
}

function tlsText(code: string): string {
  if (code === noCertificate) {
    return "it has no certificate, and tls.ca wants one: a sink has none to show, so let it send through a tunnel that has (stunnel with cert and key)";
  }
  if (code === tooLate)
    return "it did not end TLS's handshake within requestTimeout: see what holds it or the network up";
  switch (tlsFailure(Object.assign(new Error(code), { code }))?.kind) {
    case "not-tls":
      return "it does not speak TLS: set the sink's ssl = true";
    case "expired":
    case "not-believed":
      return `its certificate is not believed (${code}): tls.ca must have its authority, and it must be valid`;
    case "own-refused":
      return `it does not believe the certificate of tls.cert (${code}): its truststore must have the authority of that`;
    default:
      return `TLS failed (${code}): see that the sink's protocols and ciphers are those of today`;
  }
}

/** An error with what the first bytes of the connection look like, which often is the reason. */
function withGuess(error: DStreamError, start: Buffer): DStreamError {
  const guess = error.code === "SENDER_REFUSED" || error.code === "FRAME_TOO_LARGE" ? guessOf(start) : undefined;
  if (guess === undefined) return error;
  const { code, data } = error;
  const text = messageOf(error).replace(/^\[\w+\] /, "");
  return new DStreamError(code, `${text}; ${guess}`, { cause: error.cause, data });
}

const requestLine = /^(GET|POST|PUT|HEAD|PATCH|DELETE|OPTIONS|CONNECT|PRI) /;
const zlibMethod = 0x78;

function guessOf(start: Buffer): string | undefined {
  if (requestLine.test(start.toString("latin1"))) return "it looks like HTTP, which HttpReceiver takes";
  if (start.length < 2) return undefined;
  if (start[0] === 0x16 && start[1] === 0x03)
    return "it looks like TLS: give the receiver tls, or set the sink's ssl = false";
  const isZlib = start[0] === zlibMethod && start.readUInt16BE(0) % 31 === 0;
  return isZlib
    ? 'it looks like zlib: set compression: "deflate" here, or the sink\'s compression-type = none'
    : undefined;
}
