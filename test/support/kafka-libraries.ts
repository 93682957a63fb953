import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mavenJars } from "./maven.ts";

const poms = fileURLToPath(new URL("./kafka/", import.meta.url));

export const kafkaVersion = "4.4.0";
/** The last version whose transactions are all of the older kind (KIP-890 not yet): coordinators do not check what producers send. */
export const olderKafkaVersion = "3.9.1";

/** Class path of Kafka and its Java client; downloaded once. */
export async function kafkaLibraries(version: string = kafkaVersion): Promise<string> {
  return join(await mavenJars(`kafka-${version}`, join(poms, "pom.xml"), `-Dkafka.version=${version}`), "*");
}

/** Class path of Kafka's command-line tools; downloaded once. */
export async function kafkaToolLibraries(): Promise<string> {
  return join(await mavenJars("kafka-tools-4.3.1", join(poms, "tools-pom.xml")), "*");
}
