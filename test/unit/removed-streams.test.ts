import assert from "node:assert/strict";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { KafkaProducer, KafkaUtils, type Logger, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A checkpoint keeps the positions of streams that the program gave up, and nobody goes on there without having said so.

interface Stream {
  readonly topic?: string;
  /** Default: all. */
  readonly partitions?: readonly number[];
  readonly folder?: string;
  readonly name?: string;
}

class World {
  readonly #brokers: readonly string[];
  readonly directory: string;
  readonly #clock = new ManualClock(100_000);

  constructor(brokers: string, directory: string) {
    this.#brokers = [brokers];
    this.directory = directory;
  }

  static async make(t: TestContext, ...topics: readonly string[]): Promise<World> {
    const broker = await EmbeddedBroker.start({ defaultPartitions: 2 });
    t.after(() => broker.stop());
    for (const topic of topics) await broker.createTopic(topic);
    return new World(broker.bootstrapServers, temporaryDirectory(t));
  }

  async send(topic: string, value: string, partition = 0): Promise<void> {
    const producer = new KafkaProducer({ brokers: this.#brokers });
    await producer.send({ topic, partition, value });
    await producer.close();
  }

  write(folder: string, name: string): void {
    const path = join(this.directory, folder, name);
    mkdirSync(join(this.directory, folder), { recursive: true });
    writeFileSync(path, `${name}\n`);
    utimesSync(path, this.#clock.now() / 1_000, this.#clock.now() / 1_000);
  }

  /** One batch of a program with these streams; what each had. */
  async run(
    streams: readonly Stream[],
    options: { dropState?: readonly string[]; fails?: boolean; logger?: Logger } = {},
  ): Promise<string[][]> {
    const { fails, ...given } = options;
    const checkpointDir = join(this.directory, "checkpoint");
    const ssc = new StreamingContext({
      appName: "streams",
      batchInterval: 1_000,
      clock: this.#clock,
      checkpointDir,
      ...given,
    });
    const seen = streams.map((): string[] => []);
    for (const [i, stream] of streams.entries()) {
      const made = this.#stream(ssc, stream);
      const named = stream.name === undefined ? made : made.name(stream.name);
      named.foreachRDD(async (rdd) => {
        for (const row of await rdd.collect()) seen[i]?.push(typeof row === "string" ? row : row.value);
        if (fails) throw new Error("the output is down");
      });
    }
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    await ssc.start();
    await this.#clock.advance(1_000);
    await ssc.stop();
    if (!fails) await ended;
    return seen;
  }

  #stream(ssc: StreamingContext, { topic = "", partitions, folder }: Stream) {
    if (folder !== undefined) return ssc.textFileStream(join(this.directory, folder), { newFilesOnly: false });
    const subscription =
      partitions === undefined
        ? { topics: [topic] }
        : { assign: partitions.map((partition) => ({ topic, partition })) };
    return KafkaUtils.createDirectStream(ssc, { brokers: this.#brokers, ...subscription, startingOffsets: "earliest" });
  }
}

const refused = (name: string, where: string) => ({
  code: "POSITION_GIVEN_UP",
  message: new RegExp(
    `has the position of ${where} of the stream "${name}", which an earlier start of the program gave up, .* \\(.*removed-streams\\.test\\.ts:\\d+:\\d+\\) would go on there\\. .* name\\("${name}"\\); .* dropState: \\["${name}"\\]$`,
  ),
});

test("a stream that reads what a stream read that was given up is refused, until the program says where it begins", async (t) => {
  const world = await World.make(t, "a", "b");
  await world.send("a", "a1");
  await world.send("b", "b1");
  assert.deepEqual(await world.run([{ topic: "a" }, { topic: "b" }]), [["a1"], ["b1"]]);
  await world.send("a", "a2");
  // The other stream has the first one's name now, and goes on where it stood.
  assert.deepEqual(await world.run([{ topic: "b" }]), [[]]);
  assert.deepEqual(await world.run([{ topic: "b" }]), [[]]);
  const both = [{ topic: "b" }, { topic: "a" }];
  await assert.rejects(world.run(both), refused("kafka", "a-0 \\(offset 1\\)"));
  const goesOn = [
    { topic: "b", name: "bees" },
    { topic: "a", name: "kafka" },
  ];
  assert.deepEqual(await world.run(goesOn), [[], ["a2"]]);
  await world.send("a", "a3");
  assert.deepEqual(await world.run(both), [[], ["a3"]]);
});

test("a position that is given up is gone, and its stream begins anew", async (t) => {
  const world = await World.make(t, "a", "b");
  await world.send("a", "a1");
  await world.run([{ topic: "a" }]);
  await world.run([{ topic: "b" }]);
  assert.deepEqual(await world.run([{ topic: "b" }, { topic: "a" }], { dropState: ["kafka"] }), [[], ["a1"]]);
  await world.send("a", "a2");
  assert.deepEqual(await world.run([{ topic: "b" }, { topic: "a" }], { dropState: ["kafka"] }), [[], ["a2"]]);
});

test("partitions that are no longer assigned are given up, too", async (t) => {
  const world = await World.make(t, "a");
  for (const partition of [0, 1]) await world.send("a", `a${partition}`, partition);
  await world.run([{ topic: "a", partitions: [0, 1] }]);
  await world.run([{ topic: "a", partitions: [0] }]);
  await assert.rejects(world.run([{ topic: "a", partitions: [0, 1] }]), refused("kafka", "a-1 \\(offset 1\\)"));
  await world.send("a", "more", 1);
  assert.deepEqual(await world.run([{ topic: "a", partitions: [0, 1], name: "kafka" }]), [["more"]]);
});

test("a stream that was given up while its first batch had not ended is kept where that began", async (t) => {
  const world = await World.make(t, "a", "b");
  await world.send("a", "a1");
  await world.run([{ topic: "a" }], { fails: true });
  await world.run([{ topic: "b" }]);
  await assert.rejects(world.run([{ topic: "a" }]), refused("kafka", "a-0 \\(offset 0\\)"));
  assert.deepEqual(await world.run([{ topic: "a", name: "kafka" }]), [["a1"]]);
});

test("streams of files that change places keep their positions", async (t) => {
  const world = await World.make(t);
  world.write("one", "1a");
  world.write("two", "2a");
  assert.deepEqual(await world.run([{ folder: "one" }, { folder: "two" }]), [["1a"], ["2a"]]);
  world.write("one", "1b");
  assert.deepEqual(await world.run([{ folder: "two" }, { folder: "one" }]), [[], ["1b"]]);
});

test("a batch of files that did not end is run again with them where the streams have changed places", async (t) => {
  const world = await World.make(t);
  world.write("one", "1a");
  world.write("two", "2a");
  await world.run([{ folder: "one" }, { folder: "two" }], { fails: true });
  assert.deepEqual(await world.run([{ folder: "two" }, { folder: "one" }]), [["2a"], ["1a"]]);
});

test("a folder that a stream had which was given up is nobody's until the program says so", async (t) => {
  const world = await World.make(t);
  world.write("one", "1a");
  await world.run([{ folder: "one" }, { folder: "two" }]);
  await world.run([{ folder: "two" }]);
  world.write("one", "1b");
  const both = [{ folder: "two" }, { folder: "one" }];
  await assert.rejects(world.run(both), refused("textFileStream", "the folder .*/one"));
  assert.deepEqual(
    await world.run([
      { folder: "two", name: "second" },
      { folder: "one", name: "textFileStream" },
    ]),
    [[], ["1b"]],
  );
});

test("a stream of files with another folder than its name had begins anew there, with a warning", async (t) => {
  const world = await World.make(t);
  world.write("one", "1a");
  await world.run([{ folder: "one" }]);
  const said = new RecordedLog();
  world.write("two", "2a");
  assert.deepEqual(await world.run([{ folder: "two" }], { logger: said }), [["2a"]]);
  assert.equal(said.warnings().length, 1);
  assert.match(
    said.warnings("FOLDER_CHANGED").join(),
    /^textFileStream \(.*\) had the folder .*\/one and has .*\/two now, in which it begins anew$/,
  );
});
