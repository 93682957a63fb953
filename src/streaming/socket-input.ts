import { type RowsOf, SocketReceiver } from "../driver/receivers/socket-receiver.ts";
import { checkOptionNames, checkText, invalidOption } from "../errors/check-options.ts";
import { receiverInput } from "./receiver-input.ts";
import { checkStorageLevel, type StorageLevel } from "./storage-level.ts";
import type { StreamingContext } from "./streaming-context.ts";
import type { StreamOf } from "./types.ts";

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
  readonly rowsOf: RowsOf<T>;
}

/** The stream of what a TCP server sends. @throws UNKNOWN_OPTION, INVALID_OPTION */
export function socketInput<T>(
  ssc: StreamingContext,
  { label, operator, host, port, rowsOf }: SocketInput<T>,
  options: SocketStreamOptions,
): StreamOf<T> {
  checkOptionNames(label, options, ["storageLevel"]);
  checkText(`${label}'s host`, host, "a host's name");
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalidOption(`${label}'s port`, port, "an integer from 1 to 65535");
  }
  if (options.storageLevel !== undefined) checkStorageLevel(`${label}'s storageLevel`, options.storageLevel);
  return receiverInput(ssc, operator, new SocketReceiver({ label, host, port, rowsOf }));
}
