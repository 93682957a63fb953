import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection, Listener } from "../../../src/runtime/net/network.ts";
import { SimWorld } from "./sim-world.ts";

/** Two hosts with a connection from the first to the second. */
async function connected() {
  const world = new SimWorld(1);
  const [a, b] = [world.host("a"), world.host("b")];
  const [client, server] = [a.start("client"), b.start("server")];
  const got: string[] = [];
  let accepted: Connection | undefined;
  const listening: Promise<Listener> = b.machineOf(server).network.listen("b", 1, (connection) => {
    accepted = connection;
    connection.on("data", (bytes) => got.push(`server ${bytes}`));
    connection.on("close", () => got.push("server closed"));
  });
  await listening;
  const connection = a.machineOf(client).network.connect({ host: "b", port: 1 });
  connection.on("error", ({ message }) => got.push(`client ${message.slice(0, 10)}`));
  connection.on("close", () => got.push("client closed"));
  await world.scheduler.run(() => accepted !== undefined, 100);
  const settle = () => world.scheduler.run(() => false, world.scheduler.now + 100);
  return { world, client, server, connection, got, settle };
}

test("bytes arrive in their order; what one side ends, the other side sees", async () => {
  const { connection, got, settle } = await connected();
  for (const text of ["a", "b", "c"]) connection.write(Buffer.from(text));
  await settle();
  assert.equal(got.map((line) => line.replace("server ", "")).join(""), "abc");
  connection.destroy();
  await settle();
  assert.deepEqual(got.slice(-2), ["client closed", "server closed"]);
});

test("while hosts are parted bytes wait; then they arrive", async () => {
  const { world, connection, got, settle } = await connected();
  world.network.isolate(new Set(["a"]));
  connection.write(Buffer.from("x"));
  await settle();
  assert.deepEqual(got, []);
  world.network.heal();
  await settle();
  assert.deepEqual(got, ["server x"]);
});

test("a process that is killed runs nothing more, and its peer finds the connection ended", async () => {
  const { server, connection, got, settle } = await connected();
  server.kill();
  connection.write(Buffer.from("x"));
  await settle();
  assert.ok(got.includes("client closed") && !got.some((line) => line.startsWith("server")), got.join());
});

test("nobody listening is a refusal", async () => {
  const { world, got, settle } = await connected();
  const host = world.host("c");
  const failed = host.machineOf(host.start("p")).network.connect({ host: "b", port: 2 });
  failed.on("error", (error) => got.push((error as NodeJS.ErrnoException).code ?? ""));
  await settle();
  assert.ok(got.includes("ECONNREFUSED"));
});
