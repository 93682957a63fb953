import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { problemOf } from "../support/docs/shown-commands.ts";
import { dstream } from "../support/dstream.ts";
import { brokerWith, runExample, send } from "../support/examples.ts";
import { freePort } from "../support/free-port.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// Every example runs as its comment says, on the embedded broker, and prints or writes exactly what it should.

const words = ["a b a", "c a", "b"].map((value) => ({ topic: "test", value }));

describe("examples", { concurrency: 3 }, () => {
  test("trending: the most frequent words of the window", async (t) => {
    const broker = await brokerWith(t, "test");
    await send(broker, ...words);
    const { code, lines, errors } = await runExample("trending", {
      broker,
      batches: 3,
      checkpoint: temporaryDirectory(t),
    });
    assert.deepEqual([code, errors], [0, ""]);
    assert.deepEqual(new Set(lines), new Set(["top of the last minute: a 3, b 2, c 1"]));
  });

  test("sessions: a row when a visit is over", async (t) => {
    const broker = await brokerWith(t, "clicks");
    const pages = ["/", "/tea", "/pay"].map((value) => ({ topic: "clicks", key: "ann", value }));
    await send(broker, ...pages, { topic: "clicks", key: "bob", value: "/" });
    const { code, lines, errors } = await runExample("sessions", {
      broker,
      batches: 3,
      checkpoint: temporaryDirectory(t),
      args: ["1"],
    });
    assert.deepEqual([code, errors], [0, ""]);
    assert.deepEqual(lines.sort(), ["ann saw 3 pages, from / to /pay", "bob saw 1 pages, from / to /"]);
  });

  test("totals: a second run goes on with the balances of the first", async (t) => {
    const broker = await brokerWith(t, "payments");
    const checkpoint = temporaryDirectory(t);
    const pay = (key: string, value: string) => send(broker, { topic: "payments", key, value });
    await pay("ann", "5");
    await pay("bob", "7");
    const first = await runExample("totals", { broker, checkpoint, batches: 1 });
    await pay("ann", "-3");
    const second = await runExample("totals", { broker, checkpoint, batches: 1 });
    assert.deepEqual([first.code, first.lines.sort()], [0, ["(ann,5)", "(bob,7)"]]);
    assert.deepEqual([second.code, second.lines.sort()], [0, ["(ann,2)", "(bob,7)"]]);
  });

  test("join-streams: a payment meets an order of an earlier batch", async (t) => {
    const broker = await brokerWith(t, "orders", "payments");
    await send(broker, { topic: "orders", key: "1", value: "tea" });
    let isPaid = false;
    const pay = (): void => {
      if (isPaid) return;
      isPaid = true;
      const payments = ["1", "2"].map((key) => ({ topic: "payments", key, value: "3.50" }));
      void send(broker, ...payments);
    };
    const { code, lines } = await runExample("join-streams", { broker, batches: 4, onLine: pay });
    assert.equal(code, 0);
    assert.deepEqual(lines.sort(), ["order 1: 3.50 paid for tea", "order 2: 3.50 paid for nothing that is known"]);
  });

  test("enrich: prices of a list, a tax of a broadcast, a count of what was unknown", async (t) => {
    const broker = await brokerWith(t, "orders");
    await send(broker, ...["tea", "milk", "gold", "tea"].map((value) => ({ topic: "orders", value })));
    const { code, lines, errors } = await runExample("enrich", { broker, batches: 1 });
    assert.deepEqual([code, errors], [0, ""]);
    assert.deepEqual(lines, ["milk for 132 cents", "tea for 660 cents", "1 orders of unknown items so far"]);
  });

  test("copy: every record once, though the job was killed", async (t) => {
    const broker = await brokerWith(t, "test", "copy");
    const checkpoint = temporaryDirectory(t);
    const values = Array.from({ length: 200 }, (_, i) => `record ${i}`);
    await send(broker, ...values.map((value) => ({ topic: "test", value })));
    const args = ["test", "copy"];
    const killed = await runExample("copy", {
      ...{ broker, checkpoint, args },
      onLine: (_line, running) => running.kill("SIGKILL"),
    });
    assert.equal(killed.code, null);
    await send(broker, { topic: "test", value: "one more" });
    const { code } = await runExample("copy", { broker, checkpoint, args, batches: 2 });
    const { stdout } = await dstream(["consume", "copy", "--until", "end", "--brokers", broker.bootstrapServers]);
    assert.deepEqual([code, stdout.trimEnd().split("\n").sort()], [0, [...values, "one more"].sort()]);
  });

  test("files: the counts of the files that are there", async (t) => {
    const folder = temporaryDirectory(t);
    const output = temporaryDirectory(t);
    writeFileSync(join(folder, "words.txt"), "a b\na\n");
    const { code, errors } = await runExample("files", { batches: 1, args: [folder, join(output, "counts")] });
    assert.deepEqual([code, errors], [0, ""]);
    const rows = globSync(join(output, "counts-*.txt/part-*")).flatMap((path) =>
      readFileSync(path, "utf8").split("\n"),
    );
    assert.deepEqual(rows.filter((row) => row !== "").sort(), ["(a,2)", "(b,1)"]);
  });

  test("command-receiver: the lines of a command", async () => {
    const { code, lines, errors } = await runExample("command-receiver", {
      args: [process.execPath, "-e", "console.log('eins'); console.log('zwei')"],
      onLine: (line, running) => line === "zwei" && running.kill("SIGTERM"),
    });
    assert.deepEqual([code, lines, errors], [0, ["eins", "zwei"], ""]);
  });

  test("http-push: a request is answered when its lines are counted", async () => {
    const port = await freePort();
    const running = runExample("http-push", { args: [`${port}`], onLine: stopAtRow });
    const body = '{"item":"tea","count":2}\n{"item":"milk","count":1}\n{"item":"tea","count":3}';
    const { status } = await untilTaken(() =>
      fetch(`http://127.0.0.1:${port}/`, { method: "POST", body, headers: { "content-type": "application/x-ndjson" } }),
    );
    const { code, lines, errors } = await running;
    assert.deepEqual([status, code, lines.sort(), errors], [200, 0, ["(milk,1)", "(tea,5)"], ""]);
  });

  test("sqlite-store: a batch that ran twice counts once", async (t) => {
    const broker = await brokerWith(t, "test");
    const checkpoint = temporaryDirectory(t);
    const file = join(temporaryDirectory(t), "words.sqlite");
    await send(broker, ...words);
    const dies = ["--import", "./test/integration/programs/kill-before-commit.ts"];
    const killed = await runExample("sqlite-store", { broker, checkpoint, args: [file], nodeOptions: dies });
    const stored = (): unknown[] => {
      const store = new DatabaseSync(file, { readOnly: true });
      const rows = store.prepare("SELECT word, count FROM words ORDER BY word").all();
      store.close();
      return rows.map((row) => Object.values(row));
    };
    const expected = [
      ["a", 3],
      ["b", 2],
      ["c", 1],
    ];
    assert.deepEqual([killed.code, stored()], [null, expected]);
    const { code, errors } = await runExample("sqlite-store", { broker, checkpoint, args: [file], batches: 2 });
    assert.deepEqual([code, errors, stored()], [0, "", expected]);
  });

  test("back-pressure: the first two batches have what the initial rate allows", async (t) => {
    const broker = await brokerWith(t, "test");
    await send(broker, ...Array.from({ length: 100 }, () => ({ topic: "test", value: "a" })));
    const { code, lines, errors } = await runExample("back-pressure", { broker, batches: 3 });
    assert.deepEqual([code, errors], [0, ""]);
    assert.deepEqual(
      lines.filter((line) => line.includes("records;")),
      ["20 records; 80 wait", "20 records; 60 wait", "60 records; 0 wait"],
    );
  });
});

test("every example says how it is run, in words that the command line takes, and is listed and tested", async () => {
  const list = readFileSync("examples/README.md", "utf8");
  const tests = readFileSync("test/integration/examples.test.ts", "utf8");
  const others = ["lines.ts", "word-producer.ts", "word-count.ts"];
  for (const path of globSync("examples/*.ts").filter((file) => !others.includes(basename(file)))) {
    const name = basename(path, ".ts");
    const command = /^\/\/ Run: (.*)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? "";
    assert.ok(command.startsWith(`npm run dstream -- run ${path}`), `${path} says how it is run`);
    assert.equal(await problemOf({ path, line: 1, command }), undefined);
    assert.ok(list.includes(`(${name}.ts)`), `${path} is listed`);
    assert.ok(tests.includes(`runExample("${name}"`), `${path} is tested`);
  }
});

/** Ends a job that prints rows, when it has printed some. */
function stopAtRow(line: string, running: { kill(signal: NodeJS.Signals): void }): void {
  if (line.startsWith("(")) running.kill("SIGTERM");
}

/** The answer of a server that may not listen yet. */
async function untilTaken(ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 200) throw error;
      await delay(50);
    }
  }
}
