// What a socket receives goes straight into the memory of its frame.
import { isIP, type OnReadOpts, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { KafkaConnection } from "../types.ts";
import type { BrokerAddress } from "./broker-address.ts";

/** Takes what a socket receives: `space` tells where the next bytes belong, `filled` how many have come. It must not throw. */
export interface SocketReader {
  space(): Buffer;
  filled(bytes: number): void;
}

/** A socket that connects, and the name of the event that tells when it has. Without a reader what it receives comes as "data". */
export function openSocket(
  { host, port }: BrokerAddress,
  tls: KafkaConnection["tls"],
  reader?: SocketReader,
): { readonly socket: Socket; readonly opened: "connect" | "secureConnect" } {
  const reading = reader === undefined ? {} : { onread: onread(reader) };
  // Proxies that serve several brokers at one address go by the name. Node's sockets take `onread` with TLS, too; only its types do not
  // say so.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = tls
    ? tlsConnect({ ...name, ...(tls === true ? {} : tls), host, port, ...reading })
    : tcpConnect({ host, port, ...reading });
  socket.setNoDelay(true);
  socket.on("error", () => {});
  return { socket, opened: tls ? "secureConnect" : "connect" };
}

function onread(reader: SocketReader): OnReadOpts {
  return {
    buffer: () => reader.space(),
    callback: (bytes) => {
      reader.filled(bytes);
      return true;
    },
  };
}
