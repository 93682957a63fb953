import { checkObject, checkReadable, checkText, invalidOption, isPromise } from "../../errors/check-options.ts";
import type { KafkaConnection } from "../types.ts";
import { parseBrokers } from "./broker-address.ts";

/** @throws INVALID_OPTION when it is not said in the way it has to be how Kafka is reached. */
export function checkConnection({ brokers, clientId, tls, sasl }: KafkaConnection): void {
  if (brokers !== undefined) parseBrokers(brokers);
  if (clientId !== undefined) checkText("clientId", clientId);
  if (tls !== undefined && typeof tls !== "boolean" && (typeof tls !== "object" || tls === null || isPromise(tls))) {
    throw invalidOption("tls", tls, "true, false or options of node:tls");
  }
  if (typeof tls === "object") checkReadable("tls", tls);
  if (sasl === undefined) return;
  checkObject("sasl", sasl);
  checkText("sasl.mechanism", sasl.mechanism);
}
