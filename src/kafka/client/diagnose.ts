// A broker that ends a connection does not say why. What it would say to a client that asked otherwise is found out by asking, so that
// the error names what has to be changed instead of guessing.
import { DStreamError } from "../../errors/dstream-error.ts";
import type { Connection } from "../../runtime/net/network.ts";
import { apiKeys } from "../protocol/api-keys.ts";
import { ByteWriter } from "../protocol/byte-writer.ts";
import { kafkaErrors } from "../protocol/kafka-error-codes.ts";
import type { KafkaConnection } from "../types.ts";
import { addressText, type BrokerAddress } from "./broker-address.ts";
import type { ClientMachine } from "./broker-connection.ts";
import { plainText, tlsError, wantsTls } from "./connection-error.ts";
import { openConnection } from "./open-connection.ts";

/** How far a connection has come; "unused" until the first answer to a request of its user. */
export type Stage = "connect" | "tls" | "greeting" | "authentication" | "unused" | "in use";

type ProbeMachine = Pick<ClientMachine, "timers" | "network">;

/** What one question may take. */
const probeTimeoutMs = 2_000;

/**
 * The error of a connection that ended at this stage, or a better one: the listener has TLS and the client does not, or the other way
 * round, or it wants SASL.
 */
export async function diagnosed(
  error: DStreamError,
  stage: Stage,
  address: BrokerAddress,
  options: KafkaConnection,
  machine: ProbeMachine,
): Promise<DStreamError> {
  if (error.code !== "BROKER_UNREACHABLE" || !wasEnded(error)) return error;
  const { tls, sasl } = options;
  const broker = addressText(address);
  if (stage === "tls" && (await speaksKafka(address, machine))) {
    return new DStreamError("TLS_MISMATCH", plainText(broker), { cause: error, data: { option: "tls" } });
  }
  if (stage === "greeting" && !tls && (await speaksTls(address, machine))) return wantsTls(broker);
  if (stage === "greeting" && tls) return (await certificateRefused(address, tls, machine)) ?? error;
  if (stage === "unused" && sasl === undefined && (await wantsSasl(address, tls, machine))) {
    const text = `${broker} wants its clients to authenticate; set sasl, or choose the listener without`;
    return new DStreamError("AUTHENTICATION_FAILED", text, { cause: error, data: { option: "sasl" } });
  }
  return error;
}

/** Whether the other side ended it: one that keeps silent would be as silent again. */
function wasEnded({ message }: DStreamError): boolean {
  return /ECONNRESET|EPIPE|closed by the broker|disconnected before secure/.test(message);
}

async function speaksKafka(address: BrokerAddress, machine: ProbeMachine): Promise<boolean> {
  const answer = await asked(address, false, machine, frameOf("apiVersions", 0));
  return answer !== undefined && answer.length >= 8 && answer.readInt32BE(4) === probeId;
}

async function speaksTls(address: BrokerAddress, machine: ProbeMachine): Promise<boolean> {
  // Nothing is sent over this connection, and nothing is believed of the other side.
  return (await asked(address, { rejectUnauthorized: false }, machine)) !== undefined;
}

/**
 * With TLS 1.3 the broker looks at the client's certificate when the client takes the connection to be open, and what it says may be lost
 * with the connection. With TLS 1.2 it is part of the handshake.
 */
async function certificateRefused(
  address: BrokerAddress,
  tls: NonNullable<KafkaConnection["tls"]>,
  machine: ProbeMachine,
): Promise<DStreamError | undefined> {
  const older = { ...(typeof tls === "object" ? tls : {}), minVersion: "TLSv1.2", maxVersion: "TLSv1.2" };
  const { failure } = await askedOnce(address, older, machine);
  const error = tlsError(failure, addressText(address));
  return error?.code === "AUTHENTICATION_FAILED" ? error : undefined;
}

/** A listener without SASL refuses the handshake itself. */
async function wantsSasl(address: BrokerAddress, tls: KafkaConnection["tls"], machine: ProbeMachine): Promise<boolean> {
  const answer = await asked(address, tls, machine, frameOf("saslHandshake", 1, "PLAIN"));
  if (answer === undefined || answer.length < 10 || answer.readInt32BE(4) !== probeId) return false;
  const errorCode = answer.readInt16BE(8);
  return errorCode === 0 || errorCode === kafkaErrors.UNSUPPORTED_SASL_MECHANISM.code;
}

const probeId = 7;

function frameOf(api: "apiVersions" | "saslHandshake", version: number, text?: string): Buffer {
  const writer = new ByteWriter().int16(apiKeys[api]).int16(version).int32(probeId).string("dstream");
  if (text !== undefined) writer.string(text);
  return Buffer.concat(writer.frame());
}

/** The first bytes that come back for a frame, or none where a connection is all that is asked for; undefined when it fails. */
async function asked(
  address: BrokerAddress,
  tls: KafkaConnection["tls"],
  machine: ProbeMachine,
  frame?: Buffer,
): Promise<Buffer | undefined> {
  return (await askedOnce(address, tls, machine, frame)).bytes;
}

async function askedOnce(
  address: BrokerAddress,
  tls: KafkaConnection["tls"],
  { timers, network }: ProbeMachine,
  frame?: Buffer,
): Promise<{ readonly bytes?: Buffer; readonly failure?: unknown }> {
  let connection: Connection | undefined;
  const late = Promise.withResolvers<never>();
  const timer = timers
    .after(probeTimeoutMs, () => late.reject(new Error(`no answer within ${probeTimeoutMs} ms`)))
    .unref();
  try {
    const opening = openConnection(network, address, tls);
    connection = opening.connection;
    await Promise.race([opening.opened, late.promise]);
    if (frame === undefined) return { bytes: Buffer.alloc(0) };
    const answered = firstOf(connection);
    connection.write(frame);
    const first = await Promise.race([answered, late.promise]);
    return first === undefined ? {} : { bytes: first };
  } catch (failure) {
    return { failure };
  } finally {
    timer.cancel();
    connection?.destroy();
  }
}

/** The first bytes that come, or undefined when none will. */
function firstOf(connection: Connection): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    connection.once("data", resolve);
    connection.once("close", () => resolve(undefined));
    connection.once("error", reject);
  });
}
