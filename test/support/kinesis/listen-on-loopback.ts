// Loaded in front of a server that has no option for its address: whatever it asks for, it listens on a free port of loopback. Printed is
// which port it got for the one that it wanted: "4568 40001".
import { Server } from "node:net";

const { listen } = Server.prototype;
Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const [first] = args as [number | { readonly port?: number }];
  const wanted = typeof first === "number" ? first : first.port;
  this.once("listening", () => console.log(`${wanted} ${(this.address() as { port: number }).port}`));
  const listening = args.find((argument) => typeof argument === "function");
  return listen.call(this, { host: "127.0.0.1", port: 0 }, listening as (() => void) | undefined);
} as typeof listen;
