import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import { type RunOptions, runBatches } from "dstream/testing";
import { topicBatches } from "../support/topic-batches.ts";
import { topicRecords } from "../support/topic-records.ts";
import * as jobs from "./jobs/saves-rows.ts";

// What saveToKafka makes of rows: with both deliveries, in the driver's thread and in workers, whatever the partitions are.

let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
  process.env.DSTREAM_BROKERS = broker.bootstrapServers;
});
after(() => broker.stop());

type Where = RunOptions & { readonly delivery: "at-least-once" | "exactly-once" };

const deliveries = ["at-least-once", "exactly-once"] as const;
const inDriver: readonly Where[] = deliveries.flatMap((delivery) => [
  { delivery, master: "local", numInputPartitions: 1 },
  { delivery, master: "local", numInputPartitions: 3 },
]);
const inWorkers: readonly Where[] = deliveries.map((delivery) => ({ delivery, master: "local[2]" }));
const nameOf = ({ delivery, master, numInputPartitions = 2 }: Where): string =>
  `${delivery} on ${master} with ${numInputPartitions} partitions`;

let topics = 0;

/** The records that a job wrote of rows, in the order of keys and values. */
async function written(job: jobs.SavingJob, rows: readonly unknown[], { delivery, ...options }: Where): Promise<any[]> {
  process.env.OUT_TOPIC = `out-${topics++}`;
  process.env.OUT_DELIVERY = delivery;
  await broker.createTopic(process.env.OUT_TOPIC, { partitions: 2 });
  await runBatches(job, [[rows]], options);
  return left();
}

async function left(): Promise<any[]> {
  const records = await topicRecords(broker.bootstrapServers, process.env.OUT_TOPIC as string);
  const textOf = ({ key, value }: { key: unknown; value: unknown }): string => `${key} ${value}`;
  return records.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

const contents = (records: any[]): unknown[] => records.map(({ key, value }) => [key, value]);

type Shape = readonly [job: jobs.SavingJob, rows: unknown[], records: unknown[]];
const shapes: readonly Shape[] = [
  [
    jobs.mapped,
    [
      ["a", 1],
      ["b", [2]],
    ],
    [
      ["a", "1"],
      ["b", "[2]"],
    ],
  ],
  [jobs.globbed, ["x", "y"], [[null, '["x","y"]']]],
  [
    jobs.mapped,
    [["a", 1, 2], [3], 4, "text"],
    [
      [null, "4"],
      [null, '["a",1,2]'],
      [null, "[3]"],
      [null, "text"],
    ],
  ],
  [jobs.globbed, ["x", "y", "z"], [[null, '["x","y","z"]']]],
  [jobs.grouped, [["a", 1]], [["a", "[1]"]]],
  [jobs.counted, [1, 2], [[null, "2"]]],
  [jobs.reduced, ["x", "y"], [[null, '["x","y"]']]],
  [jobs.snapshots, [["a", 1]], [["a", "1"]]],
  [jobs.transformed, ["x", "y"], [["x", "y"]]],
  [
    jobs.united,
    ["x", "y"],
    [
      [null, '["x","y"]'],
      [null, '["x","y"]'],
    ],
  ],
];

for (const where of inDriver) {
  test(`operators say whether rows are pairs, ${nameOf(where)}`, async () => {
    for (const [job, rows, records] of shapes) {
      assert.deepEqual(contents(await written(job, rows, where)), records, job.name);
    }
  });
}

for (const where of [...inDriver, ...inWorkers]) {
  test(`a batch of pairs and other rows is refused in any order, ${nameOf(where)}`, async () => {
    const mixes: readonly (readonly [job: jobs.SavingJob, rows: unknown[]])[] = [
      [jobs.mapped, [["a", 1], "b", "c"]],
      [jobs.mapped, [["b"], ["a", 1], ["c", 2]]],
      [
        jobs.unitedWithPairs,
        [
          ["a", 1],
          ["b", 1],
        ],
      ],
    ];
    for (const [job, rows] of where.master === "local" ? mixes : mixes.slice(0, 1)) {
      await assert.rejects(written(job, rows, where), {
        code: "INVALID_OPTION",
        message:
          /^\[INVALID_OPTION\] saveToKafka \(test\/unit\/jobs\/saves-rows\.ts:\d+:\d+\): the rows of a batch are in part pairs \(arrays of two\), which are key and value, and in part others, which are values; give toRecord, which says for each row what its record is$/,
      });
      if (where.delivery === "exactly-once") assert.deepEqual(await left(), []);
    }
  });
}

test("a row that is no pair in a stream of pairs is refused", async () => {
  for (const where of inDriver) {
    await assert.rejects(written(jobs.notPairs, [["a", 1, 2]], where), {
      code: "ILLEGAL_STATE",
      message: /partitionBy \(.*\): a row is no pair but an array of 3/,
    });
  }
});

test("what is in keys and values is spelled as print() spells it", async () => {
  const rows: readonly (readonly [key: unknown, value: unknown])[] = [
    [{ k: new Set([1]) }, { m: new Map([["a", new Map([[1, 2n]])]]), e: new RangeError("far") }],
    [12n, 34n],
    [[new Date(0), -0], { bytes: new Uint8Array([1, 2]), n: Number.NaN, u: undefined }],
    [new Uint8Array([107]), new Uint8Array([118])],
    [null, undefined],
    [true, 1.5],
  ];
  for (const where of inDriver) {
    assert.deepEqual(contents(await written(jobs.mapped, rows, where)), [
      ["12", "34"],
      ['["1970-01-01T00:00:00.000Z",0]', '{"bytes":[1,2],"n":null}'],
      ["k", "v"],
      [null, null],
      ["true", "1.5"],
      ['{"k":[1]}', '{"m":[["a",[[1,"2"]]]],"e":"RangeError: far"}'],
    ]);
  }
});

test("what is no record is refused at its row, by its field, before it is sent", async () => {
  const text = "must be text, bytes (a Uint8Array), or null for none, not";
  const stamp = "the record's timestamp must be a whole number of milliseconds since 1970, not";
  const record = "what toRecord returned must be an object with a value, and a key, headers and the like, not";
  const messages: Readonly<Record<string, string>> = {
    "number as key": `the record's key ${text} a number`,
    "number in a header": `the record's headers[0][1] ${text} a number`,
    "timestamp of 1.5": `${stamp} 1.5`,
    "negative timestamp": `${stamp} -1`,
    "no timestamp": `${stamp} NaN`,
    "half a partition": "the record's partition must be a whole number from 0 on, not 1.5",
    "partition out of range": `the record's partition must be from 0 to 1, the partitions of topic "OUT", not 7`,
    "headers by name": "the record's headers must be an array of [name, value], not an object",
    "no name of a topic":
      "the record's topic: Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    undefined: `${record} undefined`,
    "a promise":
      "the function gave a promise, and its result counts at once; do what waits in foreachPartition(), foreachRDD() or an async function of mapPartitions()",
    "an array": `${record} an array`,
    "bytes that are gone":
      "the record's value must be bytes that are there, not bytes whose buffer was transferred away or shrunk",
  };
  for (const where of [...inDriver.slice(0, 1), ...inDriver.slice(2, 3), ...inWorkers.slice(1)]) {
    const all = Object.entries(messages);
    for (const [row, message] of where.master === "local" ? all : all.slice(0, 1)) {
      await assert.rejects(written(jobs.wrong, ["good", row], where), (error: any) => {
        assert.equal(error.code, row === "a promise" ? "PROMISE_NOT_AWAITED" : "INVALID_OPTION");
        const place = /^\[\w+\] saveToKafka \(test\/unit\/jobs\/saves-rows\.ts:\d+:\d+\): /;
        assert.match(error.message, place);
        assert.equal(error.message.replace(place, ""), message.replace("OUT", process.env.OUT_TOPIC as string));
        return true;
      });
      const others = await left();
      assert.ok(
        others.every(({ value }) => value === "good"),
        row,
      );
      if (where.delivery === "exactly-once") assert.deepEqual(others, []);
    }
  }
});

test("a topic that a record names and that is not there ends the job at the sink's line, and nothing exactly-once is sent", async () => {
  for (const where of inDriver) {
    await assert.rejects(written(jobs.wrong, ["good", "a topic that is missing"], where), {
      code: "TOPIC_NOT_FOUND",
      message: /^\[TOPIC_NOT_FOUND\] saveToKafka \(test\/unit\/jobs\/saves-rows.*\): topic "missing" does not exist/,
    });
    if (where.delivery === "exactly-once") assert.deepEqual(await left(), []);
  }
});

test("a serializer gives bytes, and may give the same memory for the next row", async () => {
  for (const where of inDriver) {
    await assert.rejects(written(jobs.wronglySerialized, ["a promise"], where), {
      code: "PROMISE_NOT_AWAITED",
      message: /^\[\w+\] saveToKafka \(.*\): the function gave a promise/,
    });
    for (const row of ["a string", "a number", "undefined"]) {
      await assert.rejects(written(jobs.wronglySerialized, [row], where), {
        code: "INVALID_OPTION",
        message: new RegExp(
          `saveToKafka \\(.*\\): what valueSerializer returned must be bytes .* or null for none, not ${row}`,
        ),
      });
    }
    assert.deepEqual(contents(await written(jobs.reusesMemory, [65, 66, 67], where)), [
      [null, "A"],
      [null, "B"],
      [null, "C"],
    ]);
  }
});

test("a record that no batch has room for is refused at its row, with the option that the program can set", async (t) => {
  process.env.OUT_PRODUCER = JSON.stringify({ batchBytesMax: 1_000 });
  t.after(() => delete process.env.OUT_PRODUCER);
  for (const where of inDriver) {
    await assert.rejects(written(jobs.large, [2_000], where), {
      code: "BATCH_TOO_LARGE",
      message:
        /^\[BATCH_TOO_LARGE\] saveToKafka \(.*\): a record for topic "out-\d+" with 2000 bytes of key and value does not fit producer\.batchBytesMax = 1000; raise it, and the topic's max\.message\.bytes with it$/,
    });
    assert.equal((await written(jobs.large, [800], where)).length, 1);
  }
});

for (const where of [...inDriver.slice(1, 2), ...inDriver.slice(3), ...inWorkers]) {
  test(`a record's timestamp, partition and headers arrive as they are, and the producer's options hold, ${nameOf(where)}`, async (t) => {
    process.env.OUT_PRODUCER = JSON.stringify({ compression: "gzip" });
    t.after(() => delete process.env.OUT_PRODUCER);
    const records = await written(jobs.stamped, [1, 2], where);
    const batches = await topicBatches(broker.bootstrapServers, process.env.OUT_TOPIC as string);
    assert.deepEqual([...new Set(batches.map(({ codec }) => codec))], [1]);
    const headers = [
      ["h", Buffer.from("text")],
      ["h", null],
      ["b", Buffer.from([0, 255])],
    ];
    assert.deepEqual(
      records.map(({ key, value, timestamp, partition, headers }) => {
        const seen = headers.map(([name, bytes]: [string, Uint8Array | null]) => [name, bytes && Buffer.from(bytes)]);
        return { key, value, timestamp, partition, headers: seen };
      }),
      [
        { key: null, value: "v1", timestamp: 1_000, partition: 1, headers },
        { key: null, value: "v2", timestamp: 2_000, partition: 0, headers },
      ],
    );
  });
}
