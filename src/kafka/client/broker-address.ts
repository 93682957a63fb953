import { invalidOption } from "../../errors/checks/check-options.ts";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** "host:port", or "[::1]:port". @throws INVALID_OPTION naming the one that is neither. */
export function parseBroker(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) throw invalidOption("brokers", `"${text}"`, 'a list of "host:port"');
  return { host: (match[1] ?? match[2]) as string, port };
}

/** @throws INVALID_OPTION for what is no list of these. */
export function parseBrokers(brokers: readonly string[]): readonly BrokerAddress[] {
  if (Array.isArray(brokers) && brokers.length > 0) return brokers.map(parseBroker);
  throw invalidOption("brokers", Array.isArray(brokers) ? "[]" : brokers, 'a list of at least one "host:port"');
}

/** As `parseBroker` reads it. */
export function addressText({ host, port }: BrokerAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
