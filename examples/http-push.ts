// Rows that others send: sums by item over lines of JSON that come by POST to the port given as argument. A request is answered when the
// batch with its lines is committed; a sender that gets no answer, or another one than 200, sends it again.
// Run: npm run dstream -- run examples/http-push.ts -- 8080
// Send: curl -H "content-type: application/x-ndjson" -d '{"item":"tea","count":2}' http://127.0.0.1:8080/
import { StreamingContext, seconds } from "dstream";
import { HttpReceiver } from "dstream/http-receiver";

interface Sale {
  readonly item: string;
  readonly count: number;
}

const ssc = new StreamingContext({ appName: "http-push", batchInterval: seconds(1) });

ssc
  .receiverStream(new HttpReceiver<Sale>({ port: Number(process.argv[2] ?? 8080) }))
  .map(({ item, count }) => [item, count] as const)
  .reduceByKey((a, b) => a + b)
  .print();

await ssc.start();
await ssc.awaitTermination();
