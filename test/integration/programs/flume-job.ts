// flume-job.ts FILE: a job with a FlumeReceiver for each entry of `receivers` in the file, which appends the events of each batch to
// the entry's own file, a line each. Prints "listening PORT …" when it takes events.
import { appendFileSync, readFileSync } from "node:fs";
import { type DStream, StreamingContext } from "dstream";
import { type FlumeEvent, FlumeReceiver, type FlumeReceiverOptions } from "dstream/flume-receiver";

interface Entry extends FlumeReceiverOptions {
  readonly file: string;
}

const { batchInterval, receivers } = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as {
  readonly batchInterval: number;
  readonly receivers: readonly Entry[];
};
const ssc = new StreamingContext({ appName: "flume", batchInterval });
const listening = receivers.map(({ file, ...options }) => {
  const receiver = new FlumeReceiver(options);
  const lines: DStream<string> = ssc.receiverStream(receiver).map(textOf);
  lines.foreachRDD(async (rdd) => {
    const rows = await rdd.collect();
    // One write: a process that is killed leaves all of a batch or nothing.
    if (rows.length > 0) appendFileSync(file, rows.map((row) => `${row}\n`).join(""));
  });
  return receiver;
});
await ssc.start();
while (listening.some(({ address }) => address === undefined)) await new Promise(setImmediate);
console.log(`listening ${listening.map(({ address }) => address?.split(":")[1]).join(" ")}`);
await ssc.awaitTermination();

function textOf({ body }: FlumeEvent): string {
  return new TextDecoder().decode(body);
}
