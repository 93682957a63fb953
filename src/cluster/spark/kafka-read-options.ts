import { DStreamError } from "../../errors/dstream-error.ts";
import { mechanismName } from "../../kafka/sasl/mechanisms.ts";
import type { KafkaConnection, OffsetRange } from "../../kafka/types.ts";

/** With the client's own timeouts a query took three minutes to notice that no broker is there; our driver tries again itself. */
const patience = {
  "kafka.default.api.timeout.ms": "20000",
  "kafka.request.timeout.ms": "15000",
  "fetchOffset.numRetries": "1",
};

/** Spark asks the broker for the partition's bounds twice a poll, and a poll has 500 records by default. */
const largePolls = { "kafka.max.poll.records": "10000" };

/** The Kafka source's options in Spark's words: exactly these ranges, each a partition of the query. */
export function kafkaReadOptions(
  connection: KafkaConnection & { readonly isolationLevel?: string },
  ranges: readonly OffsetRange[],
): Record<string, string> {
  return {
    "kafka.bootstrap.servers": (connection.brokers ?? []).join(","),
    "kafka.isolation.level": connection.isolationLevel ?? "read_committed",
    assign: byTopic(ranges, (partitions) => partitions.map(({ partition }) => partition)),
    startingOffsets: byTopic(ranges, (partitions) => offsets(partitions, "fromOffset")),
    endingOffsets: byTopic(ranges, (partitions) => offsets(partitions, "untilOffset")),
    failOnDataLoss: "true",
    includeHeaders: "true",
    ...patience,
    ...largePolls,
    ...securityOptions(connection),
  };
}

function byTopic(ranges: readonly OffsetRange[], value: (ranges: OffsetRange[]) => unknown): string {
  const topics = Map.groupBy(ranges, ({ topic }) => topic);
  return JSON.stringify(Object.fromEntries([...topics].map(([topic, partitions]) => [topic, value(partitions)])));
}

function offsets(ranges: readonly OffsetRange[], end: "fromOffset" | "untilOffset"): Record<number, number> {
  return Object.fromEntries(ranges.map((range) => [range.partition, range[end]]));
}

/**
 * TLS and SASL as the Java client wants them.
 *
 * @throws NOT_SUPPORTED for a SASL mechanism or TLS material that has no equivalent there.
 */
export function securityOptions({ tls, sasl }: KafkaConnection): Record<string, string> {
  if (!tls && sasl === undefined) return {};
  const protocol = `${sasl === undefined ? "" : "SASL_"}${tls ? "SSL" : "PLAINTEXT"}`;
  return { "kafka.security.protocol": protocol, ...tlsOptions(tls), ...saslOptions(sasl) };
}

function tlsOptions(tls: KafkaConnection["tls"]): Record<string, string> {
  if (tls === undefined || typeof tls === "boolean") return {};
  const { ca, cert, key, passphrase, rejectUnauthorized, ...others } = tls as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const text = `tls.${other} has no equivalent in Spark's Kafka source, which takes ca, cert, key and passphrase`;
    throw new DStreamError("NOT_SUPPORTED", text, { data: { option: `tls.${other}` } });
  }
  if (rejectUnauthorized === false) {
    throw new DStreamError(
      "NOT_SUPPORTED",
      "tls.rejectUnauthorized: false has no equivalent in Spark's Kafka source; give the authority as tls.ca",
      { data: { option: "tls.rejectUnauthorized" } },
    );
  }
  return {
    ...(ca !== undefined && {
      "kafka.ssl.truststore.type": "PEM",
      "kafka.ssl.truststore.certificates": pem("tls.ca", ca),
    }),
    ...(cert !== undefined && {
      "kafka.ssl.keystore.type": "PEM",
      "kafka.ssl.keystore.certificate.chain": pem("tls.cert", cert),
      "kafka.ssl.keystore.key": pem("tls.key", key),
      ...(passphrase !== undefined && { "kafka.ssl.key.password": String(passphrase) }),
    }),
  };
}

function pem(option: string, value: unknown): string {
  const parts = (Array.isArray(value) ? value : [value]).map((part) =>
    part instanceof Uint8Array ? Buffer.from(part).toString("latin1") : part,
  );
  if (parts.every((part) => typeof part === "string" && part.includes("-----BEGIN "))) return parts.join("\n");
  throw new DStreamError("NOT_SUPPORTED", `${option} must be PEM text for Spark's Kafka source`, { data: { option } });
}

function saslOptions(sasl: KafkaConnection["sasl"]): Record<string, string> {
  if (sasl === undefined) return {};
  const { username = "", password = "" } = sasl;
  const mechanism = mechanismName(sasl.mechanism) ?? sasl.mechanism;
  const module = loginModules[mechanism];
  if (module === undefined) {
    throw new DStreamError(
      "NOT_SUPPORTED",
      `SASL mechanism ${mechanism} is not supported where Spark reads Kafka, by its own client in Java; use ${Object.keys(loginModules).join(", ")}, or run the job on local or local[n]`,
      { data: { option: "sasl.mechanism" } },
    );
  }
  return {
    "kafka.sasl.mechanism": mechanism,
    "kafka.sasl.jaas.config": `${module} required username=${quoted(username)} password=${quoted(password)};`,
  };
}

const scram = "org.apache.kafka.common.security.scram.ScramLoginModule";
const loginModules: Readonly<Record<string, string>> = {
  PLAIN: "org.apache.kafka.common.security.plain.PlainLoginModule",
  "SCRAM-SHA-256": scram,
  "SCRAM-SHA-512": scram,
};

/** A string of a JAAS configuration. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
