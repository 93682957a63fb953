import { checkInteger } from "../../errors/checks/check-number.ts";
import { checkOptionNames, checkText } from "../../errors/checks/check-options.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import { type RowsOf, SocketReceiver } from "../../sources/receivers/socket-receiver.ts";
import type { InputHome } from "./input-home.ts";
import { receiverInput } from "./receiver-input.ts";
import { checkStorageLevel, type StorageLevel } from "./storage-level.ts";

export interface SocketStreamOptions {
  /** Accepted for Spark's sake: rows are in the driver's memory until their batch is committed. */
  readonly storageLevel?: StorageLevel;
}

/** A server on the network, and the words for the stream of what it sends. */
interface SocketInput<T> {
  readonly label: "socketTextStream" | "socketStream";
  readonly operator: string;
  readonly host: string;
  readonly port: number;
  /** Given "host:port". */
  readonly rowsOf: (address: string) => RowsOf<T>;
}

/** The stream of what a TCP server sends. @throws UNKNOWN_OPTION, INVALID_OPTION */
export function socketInput<T>(
  home: InputHome,
  { label, operator, host, port, rowsOf }: SocketInput<T>,
  options: SocketStreamOptions,
): SourceNode {
  checkOptionNames(label, options, ["storageLevel"]);
  checkText(`${label}'s host`, host, "a host's name");
  checkInteger(`${label}'s port`, port, 1, 65_535);
  if (options.storageLevel !== undefined) checkStorageLevel(`${label}'s storageLevel`, options.storageLevel);
  const { network } = home.options.runtime;
  const receiver = new SocketReceiver({ label, host, port, rowsOf: rowsOf(`${host}:${port}`), network });
  return receiverInput(home, operator, receiver);
}
