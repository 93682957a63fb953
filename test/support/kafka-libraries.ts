import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mavenJars } from "./maven.ts";

const poms = fileURLToPath(new URL("./kafka/", import.meta.url));

/** Class path of Kafka and its Java client; downloaded once. */
export async function kafkaLibraries(): Promise<string> {
  return join(await mavenJars("kafka-4.4.0", join(poms, "pom.xml")), "*");
}

/** Class path of Kafka's command-line tools; downloaded once. */
export async function kafkaToolLibraries(): Promise<string> {
  return join(await mavenJars("kafka-tools-4.3.1", join(poms, "tools-pom.xml")), "*");
}
