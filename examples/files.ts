// Files in and out: counts the words of the text files that come into a folder, and writes the counts of each batch as a folder of text
// files. Put files there whole: write them elsewhere and rename them. Arguments: the folder, and the beginning of the output's names.
// Run: npm run dstream -- run examples/files.ts --checkpoint ./files-checkpoint -- ./in ./out/counts
import { StreamingContext, seconds } from "dstream";

const [folder = "./in", prefix = "./out/counts"] = process.argv.slice(2);
const ssc = new StreamingContext({ appName: "files", batchInterval: seconds(1) });

ssc
  .textFileStream(folder, { newFilesOnly: false })
  .flatMap((line) => line.split(" "))
  .countByValue()
  .saveAsTextFiles(prefix, "txt");

await ssc.start();
await ssc.awaitTermination();
