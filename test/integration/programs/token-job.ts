import { writeFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { KafkaUtils, StreamingContext } from "dstream";
import { signedToken } from "../../support/signed-tokens.ts";

// Copies a topic, with tokens that it signs itself; each thread that asks for one leaves a file.
const [brokers = "", issuer = "", audience = "", folder = "", master = ""] = process.argv.slice(2);

const connection = {
  brokers: [brokers],
  sasl: {
    mechanism: "OAUTHBEARER",
    token: async () => {
      writeFileSync(`${folder}/thread-${threadId}`, "");
      return signedToken(process.env.PRIVATE_KEY ?? "", { issuer, audience, user: "alice", validForMs: 60_000 });
    },
  },
};
const ssc = new StreamingContext({ appName: "tokens", batchInterval: 500, master });
KafkaUtils.createDirectStream(ssc, { ...connection, topics: ["tokens-in"], startingOffsets: "earliest" })
  .map(({ value }) => value)
  .saveToKafka({ ...connection, topic: "tokens-out" });
await ssc.start();
await ssc.awaitTermination();
