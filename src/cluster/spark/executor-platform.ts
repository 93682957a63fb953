import { DStreamError } from "../../errors/dstream-error.ts";
import { BatchBuilder } from "./arrow/batch-builder.ts";
import { readArrowBytes } from "./arrow/read-arrow-bytes.ts";
import { alias, sqlExpression } from "./connect/expressions.ts";
import { localRelation, project } from "./connect/relations.ts";
import type { SparkSession } from "./connect/spark-session.ts";
import { jvmPlatform } from "./shipping/jvm-platform.ts";

/**
 * Compares the platform of an executor's JVM with that of the Node which is about to be shipped to it: a program for another
 * platform would only fail to start, with a message that names neither.
 *
 * @throws NOT_SUPPORTED naming both, and the setting that helps.
 */
export async function checkPlatform(spark: SparkSession, ofNode: string): Promise<void> {
  const builder = new BatchBuilder([{ name: "mark", type: "int32" }], "flat");
  builder.append(0);
  const property = (name: string) =>
    alias(sqlExpression(`java_method('java.lang.System', 'getProperty', '${name}')`), name.replace(".", "_"));
  const query = project(localRelation(builder.takeStream()), [property("os.name"), property("os.arch")]);
  let ofExecutor = ofNode;
  await spark.execute(query, {
    onBatch: (bytes) => {
      for (const batch of readArrowBytes(bytes)) {
        ofExecutor = jvmPlatform(batch.column("os_name").text(0), batch.column("os_arch").text(0));
      }
    },
  });
  if (ofExecutor === ofNode) return;
  const text = `executors run on ${ofExecutor}, the Node to be shipped to them is for ${ofNode}; set conf["dstream.spark.nodeArchive"] to the path of nodejs.org's archive for ${ofExecutor}`;
  throw new DStreamError("NOT_SUPPORTED", text, { data: { option: "dstream.spark.nodeArchive", ofExecutor, ofNode } });
}
