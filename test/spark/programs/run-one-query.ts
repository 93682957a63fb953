// Opens a session on the master it is given, runs a query, closes, and has nothing left to do: so its process ends.
import { SparkSession } from "../../../src/cluster/spark/connect/session/spark-session.ts";
import { sqlRows } from "../../support/spark/sql-rows.ts";

const session = await SparkSession.open(process.argv[2] as string);
let rows = 0;
await session.execute(sqlRows("explode(sequence(1, 1000))"), {
  onBatch: (_, rowCount) => {
    rows += rowCount;
  },
});
await session.close();
console.log(`Spark ${session.sparkVersion}: ${rows} rows`);
