import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { createServer, type TLSSocket } from "node:tls";
import { constants, createDeflate, createInflate } from "node:zlib";
import { tlsRefusal } from "./sender-refused.ts";

/** Certificates of a receiver and of those who may send to it. All of it is PEM. */
export interface FlumeTlsOptions {
  /** The receiver's certificate, and those between it and its authority. */
  readonly cert: string | Uint8Array;
  /** Its private key. */
  readonly key: string | Uint8Array;
  /** Of the private key, where it is encrypted. */
  readonly passphrase?: string;
  /** Authorities of the senders' certificates. With it, only senders that have a certificate of theirs are let in. Default: senders need none. */
  readonly ca?: string | Uint8Array;
}

export interface LayerOptions {
  readonly tls: FlumeTlsOptions | undefined;
  readonly isDeflated: boolean;
  readonly handshakeTimeout: number;
}

/**
 * What a sender says on a socket, without what it is wrapped in. Flume's sinks put compression outside of TLS. All of it ends with the
 * socket.
 *
 * @throws TLS_MISMATCH, and what ends the connection.
 */
export async function unwrapped(socket: Socket, { tls, isDeflated, handshakeTimeout }: LayerOptions): Promise<Duplex> {
  const plain = isDeflated ? inflated(socket) : socket;
  return tls === undefined ? plain : await secured(plain, tls, handshakeTimeout);
}

/** Little memory for each connection: answers are short. */
const smallWindow = { windowBits: 9, memStage: 1 };

function inflated(socket: Socket): Duplex {
  const flush = constants.Z_SYNC_FLUSH;
  // A sender that is killed does not end its stream.
  const inflate = createInflate({ flush, finishFlush: flush });
  const deflate = createDeflate({ flush, ...smallWindow });
  const duplex = Duplex.from({ readable: inflate, writable: deflate });
  socket.pipe(inflate);
  deflate.pipe(socket);
  socket.once("close", () => duplex.destroy());
  return duplex;
}

/** A server of one connection, since only so it is known whose handshake failed; it listens to nothing. */
function secured(
  stream: Duplex,
  { cert, key, passphrase, ca }: FlumeTlsOptions,
  handshakeTimeout: number,
): Promise<TLSSocket> {
  const authorities = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ cert, key, passphrase, handshakeTimeout, ...authorities } as object);
  return new Promise((resolve, reject) => {
    server.once("secureConnection", resolve);
    server.once("tlsClientError", (error, socket) => {
      // Node says of a certificate that is not believed only that the connection was lost.
      const { authorizationError } = socket as { authorizationError?: unknown };
      reject(typeof authorizationError === "string" ? tlsRefusal(authorizationError, error) : error);
    });
    server.emit("connection", stream);
  });
}
