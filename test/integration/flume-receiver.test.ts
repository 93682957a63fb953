import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { CuttingProxy } from "../support/cutting-proxy.ts";
import { avroSink, FlumeAgent, fileChannel, flumeLibraries, properties } from "../support/flume/flume-agent.ts";
import { assertDelivered, JobProcess, numbersIn, sequence, until } from "../support/flume/numbers-job.ts";
import { event, SinkClient } from "../support/flume/sink-client.ts";
import { freePort } from "../support/free-port.ts";
import { outputOf } from "../support/processes.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { selfSigned } from "../support/self-signed.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A real agent sends to a job in a process of its own. The events are numbers, in order. Whatever dies: each comes at least once, none
// that was not sent, and of those that one connection or its successors bring, the first time of each comes in the order of the numbers.

before(() => flumeLibraries());

const { cert, key } = selfSigned();
const password = "changeit";

/** A store of Java's with the authority that a sink believes. */
async function trustStore(folder: string): Promise<string> {
  const [pem, store] = [join(folder, "server.pem"), join(folder, "trust.p12")];
  writeFileSync(pem, cert);
  const what = ["-importcert", "-noprompt", "-alias", "server", "-file", pem];
  await outputOf("keytool", [...what, "-keystore", store, "-storetype", "PKCS12", "-storepass", password]);
  return store;
}

describe("a Flume agent", { concurrency: true }, () => {
  test("sends plain, compressed, by TLS, and by both", async (t) => {
    const folder = temporaryDirectory(t);
    const truststore = await trustStore(folder);
    const trust = { truststore, "truststore-type": "PKCS12", "truststore-password": password };
    const [secured, compressed] = [{ ssl: true, ...trust }, { "compression-type": "deflate" }];
    const kinds = [
      ["plain", {}, {}],
      ["deflate", { compression: "deflate" }, compressed],
      ["tls", { tls: { cert, key } }, secured],
      ["both", { tls: { cert, key }, compression: "deflate" }, { ...secured, ...compressed }],
    ] as const;
    const ports = await Promise.all(kinds.map(() => freePort()));
    const fileOf = (kind: string): string => join(folder, `${kind}.txt`);
    const job = new JobProcess(
      t,
      folder,
      kinds.map(([kind, options], i) => ({ ...options, port: ports[i] as number, file: fileOf(kind) })),
    );
    const count = 3_000;
    const flows = kinds.map(([kind, , options], i) => ({
      ...{
        [`sources.${kind}.type`]: "seq",
        [`sources.${kind}.totalEvents`]: count,
        [`sources.${kind}.batchSize`]: 100,
      },
      ...{ [`sources.${kind}.channels`]: kind, ...fileChannel(kind, folder) },
      ...avroSink(kind, kind, ports[i] as number, { ...options, "batch-size": 250 }),
    }));
    const names = kinds.map(([kind]) => kind).join(" ");
    const all = Object.assign({ sources: names, channels: names, sinks: names }, ...flows);
    await using agent = new FlumeAgent(folder, properties(all));
    await Promise.all([job.start(), agent.start()]);
    for (const [kind] of kinds)
      assert.equal(await assertDelivered(fileOf(kind), count, join(folder, "agent.log")), 0, kind);
    assert.equal(job.errors, "");
  });

  test("is killed and started again: what it had taken in comes", async (t) => {
    const folder = temporaryDirectory(t);
    const [port, file, sourcePort] = [await freePort(), join(folder, "numbers.txt"), await freePort()];
    const job = new JobProcess(t, folder, [{ port, file }]);
    const all = {
      ...{ sources: "s1", channels: "c1", sinks: "k1" },
      ...{
        "sources.s1.type": "avro",
        "sources.s1.bind": "127.0.0.1",
        "sources.s1.port": sourcePort,
        "sources.s1.channels": "c1",
      },
      ...fileChannel("c1", folder),
      ...avroSink("k1", "c1", port),
    };
    await using agent = new FlumeAgent(folder, properties(all));
    await Promise.all([job.start(), agent.start()]);
    const [count, kills, random] = [6_000, 3, seededRandom(1)];
    const feeding = feed(t, `127.0.0.1:${sourcePort}`, count);
    for (let kill = 1; kill <= kills; kill++) {
      const killAt = Math.floor((count * kill) / (kills + 1)) + random(500);
      await until(
        () => numbersIn(file).length >= killAt,
        () => `${numbersIn(file).length} events before kill ${kill}`,
      );
      await agent.kill();
      await agent.start();
    }
    await feeding;
    const again = await assertDelivered(file, count, join(folder, "agent.log"));
    t.diagnostic(`${again} of ${count} events came again`);
  });

  test("sends to a job that is killed and started again", async (t) => {
    const folder = temporaryDirectory(t);
    const [port, file, count, kills, random] = [
      await freePort(),
      join(folder, "numbers.txt"),
      6_000,
      3,
      seededRandom(2),
    ];
    const job = new JobProcess(t, folder, [{ port, file }]);
    const all = { sources: "s1", channels: "c1", sinks: "k1", ...sequence("s1", "c1", count) };
    await using agent = new FlumeAgent(
      folder,
      properties({ ...all, ...fileChannel("c1", folder), ...avroSink("k1", "c1", port) }),
    );
    await Promise.all([job.start(), agent.start()]);
    for (let kill = 1; kill <= kills; kill++) {
      const killAt = Math.floor((count * kill) / (kills + 1)) + random(500);
      await until(
        () => numbersIn(file).length >= killAt,
        () => `${numbersIn(file).length} events before kill ${kill}`,
      );
      await delay(random(100));
      await job.kill();
      await job.start();
    }
    const again = await assertDelivered(file, count, join(folder, "agent.log"));
    t.diagnostic(`${again} of ${count} events came again`);
  });

  test("sends over links that are cut at any byte", async (t) => {
    const folder = temporaryDirectory(t);
    const [flows, count, random] = [["a", "b", "c", "d"], 1_500, seededRandom(3)];
    const ports = await Promise.all(flows.map(() => freePort()));
    const fileOf = (flow: string): string => join(folder, `${flow}.txt`);
    const job = new JobProcess(
      t,
      folder,
      flows.map((flow, i) => ({ port: ports[i] as number, file: fileOf(flow) })),
    );
    await using proxies = new AsyncDisposableStack();
    const cutting: CuttingProxy[] = [];
    for (const port of ports) {
      const longest = { toServer: 1_500, toClient: 800 };
      cutting.push(proxies.use(await CuttingProxy.start(port, { random, cuts: 30, longest })));
    }
    const parts = flows.map((flow, i) => {
      const sinks = [`${flow}1`, `${flow}2`];
      const to = (cutting[i] as CuttingProxy).port;
      return {
        ...sequence(flow, flow, count),
        ...fileChannel(flow, folder),
        // Of two sinks in a group the other one goes on where one has failed; a single one would pause for five seconds.
        [`sinkgroups.${flow}.sinks`]: sinks.join(" "),
        [`sinkgroups.${flow}.processor.type`]: "load_balance",
        ...Object.assign({}, ...sinks.map((sink) => avroSink(sink, flow, to, { "batch-size": 20 }))),
      };
    });
    const names = flows.join(" ");
    const sinks = flows.flatMap((flow) => [`${flow}1`, `${flow}2`]).join(" ");
    const all = Object.assign({ sources: names, channels: names, sinkgroups: names, sinks }, ...parts);
    await using agent = new FlumeAgent(folder, properties(all));
    await Promise.all([job.start(), agent.start()]);
    let again = 0;
    for (const flow of flows) again += await assertDelivered(fileOf(flow), count, join(folder, "agent.log"));
    const cuts = cutting.reduce((sum, proxy) => sum + proxy.cuts, 0);
    t.diagnostic(`${again} of ${count * flows.length} events came again, after ${cuts} cuts`);
    assert.ok(cuts >= 15, `${cuts} cuts`);
  });
});

/** Sends numbers to an agent's source, a batch again until the agent has confirmed it, which means that they are in its channel. */
async function feed(t: TestContext, address: string, count: number): Promise<void> {
  const batch = 50;
  let sender: SinkClient | undefined;
  t.after(() => sender?.socket.destroy());
  const deadline = performance.now() + 60_000;
  for (let first = 0; first < count; ) {
    assert.ok(performance.now() < deadline, `${first} events were sent`);
    const events = Array.from({ length: batch }, (_, i) => event(String(first + i)));
    try {
      sender ??= await SinkClient.connect(address);
      if ((await sender.appendBatch(events)) === "OK") first += batch;
    } catch {
      sender?.socket.destroy();
      sender = undefined;
      await delay(50);
    }
  }
  sender?.socket.destroy();
}
