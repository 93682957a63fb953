import { once } from "node:events";
import { type AddressInfo, isIPv4, isIPv6, type Server } from "node:net";
import { DStreamError } from "../../errors/dstream-error.ts";

/** Whether only programs on this machine reach a server there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** Resolves when the server listens. @throws PORT_IN_USE */
export async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new DStreamError("PORT_IN_USE", `${host}:${port} is in use`, { cause, data: { host, port } });
  }
}

/** "host:port" of a server that listens. */
export function addressOf(server: Server | undefined): string | undefined {
  const address = server?.address() as AddressInfo | null | undefined;
  return address ? addressText(address.address, address.port) : undefined;
}

/** "host:port", with brackets where the host has colons. */
export function addressText(host = "", port = 0): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
