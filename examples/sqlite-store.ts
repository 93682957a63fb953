// An external store, each batch once: counts of words of the topic "test", added up in an SQLite database, whose file is the argument.
// foreachRDD runs at least once, and again with the same rows and the same time when the job died before the batch was committed. So the
// store keeps the time of its last batch in the same transaction as what the batch adds, and leaves out a batch that it has.
// Run: npm run dstream -- run examples/sqlite-store.ts -- ./words.sqlite
import { DatabaseSync } from "node:sqlite";
import { KafkaUtils, type Pair, StreamingContext, seconds, type Time } from "dstream";

const ssc = new StreamingContext({
  appName: "sqlite-store",
  batchInterval: seconds(1),
  // What gives a batch that runs again the same time and the same records.
  checkpointDir: "./sqlite-store-checkpoint",
});

/** Opened by the first batch, and so in the driver only. */
let opened: DatabaseSync | undefined;

function openStore(): DatabaseSync {
  const store = new DatabaseSync(process.argv[2] ?? "./words.sqlite");
  store.exec("CREATE TABLE IF NOT EXISTS last_batch (job TEXT PRIMARY KEY, time INTEGER NOT NULL)");
  store.exec("CREATE TABLE IF NOT EXISTS words (word TEXT PRIMARY KEY, count INTEGER NOT NULL)");
  return store;
}

function add(store: DatabaseSync, time: Time, counts: readonly Pair<string, number>[]): void {
  const setTime = store.prepare(
    "INSERT INTO last_batch VALUES ('words', ?) ON CONFLICT DO UPDATE SET time = excluded.time WHERE excluded.time > time",
  );
  const addCount = store.prepare(
    "INSERT INTO words VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
  );
  store.exec("BEGIN IMMEDIATE");
  try {
    if (setTime.run(time).changes > 0) for (const [word, count] of counts) addCount.run(word, count);
    store.exec("COMMIT");
  } catch (error) {
    store.exec("ROLLBACK");
    throw error;
  }
}

KafkaUtils.createDirectStream(ssc, { topics: ["test"], autoOffsetReset: "earliest" })
  .flatMap(({ value }) => value.split(" "))
  .countByValue()
  .foreachRDD(async (rdd, time) => {
    opened ??= openStore();
    add(opened, time, await rdd.collect());
  });

await ssc.start();
await ssc.awaitTermination();
opened?.close();
