import assert from "node:assert/strict";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { codeBlocks } from "../support/docs/code-blocks.ts";
import { pages } from "../support/docs/pages.ts";
import { writeProgram } from "../support/docs/write-program.ts";
import { dstream } from "../support/dstream.ts";
import { avroSink, FlumeAgent, fileChannel, flumeLibraries, properties } from "../support/flume/flume-agent.ts";
import { assertDelivered, JobProcess, sequence } from "../support/flume/numbers-job.ts";
import { freePort } from "../support/free-port.ts";
import { startProcess } from "../support/processes.ts";
import { selfSigned, signedBy } from "../support/self-signed.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What the guide to Flume shows, with other folders and ports.

before(() => flumeLibraries());

const page = pages().find(({ path }) => path === "docs/guide/flume.md");
const blocks = page === undefined ? [] : codeBlocks(page);

/** A block of the page with other things in it; each of them has to be there. */
function block(language: string, others: Readonly<Record<string, string>>): string {
  let text = blocks.find((block) => block.language === language)?.text ?? "";
  for (const [shown, other] of Object.entries(others)) {
    assert.ok(text.includes(shown), `${shown} in\n${text}`);
    text = text.replaceAll(shown, other);
  }
  return text;
}

test("the job and the agent of the guide: what is put into the folder is counted", { timeout: 60_000 }, async (t) => {
  const [folder, port] = [temporaryDirectory(t), String(await freePort())];
  const spool = join(folder, "spool");
  mkdirSync(spool);
  writeFileSync(join(folder, "orders"), "tea\nmilk\ntea\n");
  renameSync(join(folder, "orders"), join(spool, "orders"));
  const lines = { "/var/spool/orders": spool, "/var/lib/flume": join(folder, "channel"), 4141: port };
  await using agent = new FlumeAgent(folder, block("properties", lines), { name: "agent" });
  await agent.start();
  const file = writeProgram(t, block("ts", { 4141: port }));
  const missing = new Set(["(tea,2)", "(milk,1)"]);
  const { stdout, stderr } = await dstream(["run", file], {
    onLine: (line, running) => {
      if (missing.delete(line) && missing.size === 0) running.kill("SIGTERM");
    },
  });
  assert.deepEqual([[...missing], stderr], [[], ""], stdout);
});

test("the tunnel of the guide: a sink on another machine comes with a certificate", { timeout: 60_000 }, async (t) => {
  const [folder, port, tunnelPort] = [temporaryDirectory(t), await freePort(), String(await freePort())];
  const authority = selfSigned();
  const [receiver, client] = [selfSigned(), signedBy(authority)];
  const files = { "agent.pem": client.cert, "agent.key": client.key, "receiver-ca.pem": receiver.cert };
  for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, name), pem, { mode: 0o600 });
  const others = { "/etc/flume": folder, "receiver.example:4141": `127.0.0.1:${port}`, 4142: tunnelPort };
  writeFileSync(join(folder, "stunnel.conf"), block("ini", { ...others, "receiver.example": "localhost" }));
  const tunnel = startProcess("stunnel", [join(folder, "stunnel.conf")]);
  t.after(() => tunnel.kill());
  const count = 500;
  const job = new JobProcess(t, folder, [
    { port, file: join(folder, "numbers.txt"), tls: { cert: receiver.cert, key: receiver.key, ca: authority.cert } },
  ]);
  const all = {
    sources: "s1",
    channels: "c1",
    sinks: "k1",
    ...sequence("s1", "c1", count),
    ...fileChannel("c1", folder),
  };
  await using agent = new FlumeAgent(folder, properties({ ...all, ...avroSink("k1", "c1", Number(tunnelPort)) }));
  await Promise.all([job.start(), agent.start()]);
  assert.equal(await assertDelivered(join(folder, "numbers.txt"), count, join(folder, "agent.log")), 0);
  assert.equal(job.errors, "");
});
