import type { Connection, ConnectionReader, Network } from "../../runtime/net/network.ts";
import type { KafkaConnection } from "../types.ts";
import type { BrokerAddress } from "./broker-address.ts";

/** A connection that is being made. Without a reader what it receives comes as "data". */
export function openConnection(
  network: Network,
  { host, port }: BrokerAddress,
  tls: KafkaConnection["tls"],
  reader?: ConnectionReader,
): {
  readonly connection: Connection;
  /** Resolves when it is there, with TLS where that is asked for; rejects with what is wrong. */
  readonly opened: Promise<void>;
} {
  const connection = network.connect({ host, port, tls, reader });
  const opened = new Promise<void>((resolve, reject) => {
    connection.once(tls ? "secureConnect" : "connect", resolve);
    connection.once("error", reject);
  });
  return { connection, opened };
}
