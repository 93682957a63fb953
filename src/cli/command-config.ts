import { readFileSync } from "node:fs";
import { nearest } from "../errors/checks/nearest.ts";
import { reasonOf } from "../errors/shown/thrown.ts";
import type { ConnectionSettings } from "../kafka/client/broker-connection.ts";
import { checkConnection } from "../kafka/client/check-connection.ts";
import { splitBrokers } from "../streaming/input/brokers.ts";
import { brokersOf, UsageError, type Values } from "./arguments.ts";
import { saslOf } from "./jaas-config.ts";
import { javaProperties } from "./java-properties.ts";

/** How a command reaches Kafka. */
export type ClientSettings = ConnectionSettings & { readonly brokers: readonly string[] };

/** The option of every command that talks to Kafka. */
export const commandConfigOption = { "command-config": { type: "string" } } as const;
export const commandConfigHelp = "  --command-config F  TLS, SASL and timeouts, in a file as Kafka's own tools take it";

/** Properties by name, as Kafka's clients have them. */
export type Properties = ReadonlyMap<string, string>;

/** What the commands obey. */
const known = [
  ...["bootstrap.servers", "client.id", "request.timeout.ms", "socket.connection.setup.timeout.ms"],
  ...["security.protocol", "sasl.mechanism", "sasl.jaas.config", "sasl.oauthbearer.token.endpoint.url"],
  ...["sasl.login.callback.handler.class", "sasl.client.callback.handler.class"],
  ...["ssl.truststore.type", "ssl.truststore.location", "ssl.truststore.certificates", "ssl.truststore.password"],
  ...["ssl.keystore.type", "ssl.keystore.location", "ssl.keystore.password", "ssl.keystore.certificate.chain"],
  ...["ssl.keystore.key", "ssl.key.password", "ssl.endpoint.identification.algorithm", "ssl.enabled.protocols"],
];

const protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/**
 * The connection that the arguments describe: --brokers, else bootstrap.servers of the file, else the environment's; all else from the
 * file.
 *
 * @throws UsageError naming the file and the property; INVALID_OPTION for certificates and keys that do not fit.
 */
export function clientSettings(values: Values): ClientSettings {
  const file = values["command-config"] as string | undefined;
  if (file === undefined) return { brokers: brokersOf(values) };
  const properties = propertiesOf(file);
  const mistake = (text: string): UsageError => new UsageError(`${file}: ${text}`);
  const servers = properties.get("bootstrap.servers");
  const brokers = values.brokers === undefined && servers !== undefined ? splitBrokers(servers) : brokersOf(values);
  const protocol = (properties.get("security.protocol") ?? "PLAINTEXT").toUpperCase();
  if (!protocols.includes(protocol)) {
    throw mistake(`security.protocol must be one of ${protocols.join(", ")}, not ${protocol}`);
  }
  const clientId = properties.get("client.id");
  const settings: ClientSettings = {
    brokers,
    ...(clientId !== undefined && { clientId }),
    ...timeout(properties, "request.timeout.ms", "requestTimeoutMs", mistake),
    ...timeout(properties, "socket.connection.setup.timeout.ms", "connectTimeoutMs", mistake),
    ...(protocol.endsWith("SSL") && { tls: tlsOf(properties, mistake) }),
    ...(protocol.startsWith("SASL") && { sasl: saslOf(properties, mistake) }),
  };
  checkConnection(settings);
  return settings;
}

function propertiesOf(file: string): Properties {
  const properties = new Map<string, string>();
  for (const { key, value, line } of javaProperties(read(file, "--command-config"))) {
    if (!known.includes(key)) {
      const [similar] = nearest(key, known, 1);
      const hint = similar === undefined ? `known are ${known.join(", ")}` : `did you mean ${similar}?`;
      throw new UsageError(`${file}: line ${line}: unknown property ${key}; ${hint}`);
    }
    properties.set(key, value);
  }
  return properties;
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${what}: ${file} cannot be read (${reasonOf(error)})`);
  }
}

function timeout(
  properties: Properties,
  property: string,
  option: "requestTimeoutMs" | "connectTimeoutMs",
  mistake: (text: string) => UsageError,
): Partial<ConnectionSettings> {
  const text = properties.get(property);
  if (text === undefined) return {};
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw mistake(`${property} must be milliseconds, not ${text}`);
  return { [option]: Number(text) };
}

function tlsOf(properties: Properties, mistake: (text: string) => UsageError): object {
  const identification = properties.get("ssl.endpoint.identification.algorithm") ?? "https";
  if (identification !== "" && identification.toLowerCase() !== "https") {
    throw mistake(`ssl.endpoint.identification.algorithm must be https, or empty, not ${identification}`);
  }
  const versions = (properties.get("ssl.enabled.protocols") ?? "").split(",").map((version) => version.trim());
  const [first] = versions.filter((version) => version !== "").toSorted();
  return {
    ...trustOf(properties, mistake),
    ...keyOf(properties, mistake),
    ...(identification === "" && { checkServerIdentity: () => undefined }),
    ...(first !== undefined && { minVersion: first, maxVersion: versions.toSorted().at(-1) }),
  };
}

function trustOf(properties: Properties, mistake: (text: string) => UsageError): object {
  const certificates = properties.get("ssl.truststore.certificates");
  const location = properties.get("ssl.truststore.location");
  if (certificates === undefined && location === undefined) return {};
  checkType(properties, "ssl.truststore", "keytool -exportcert -rfc -keystore FILE -alias ALIAS", mistake);
  return { ca: certificates ?? read(location as string, "ssl.truststore.location") };
}

function keyOf(properties: Properties, mistake: (text: string) => UsageError): object {
  const chain = properties.get("ssl.keystore.certificate.chain");
  const location = properties.get("ssl.keystore.location");
  if (chain === undefined && location === undefined) return {};
  const passphrase = properties.get("ssl.key.password") ?? properties.get("ssl.keystore.password");
  checkType(properties, "ssl.keystore", "openssl pkcs12 -in FILE.p12", mistake);
  const key = properties.get("ssl.keystore.key");
  if (chain !== undefined && key === undefined)
    throw mistake("ssl.keystore.key is missing beside the certificate chain");
  const both = location === undefined ? "" : read(location, "ssl.keystore.location");
  return { cert: chain ?? both, key: key ?? both, ...(passphrase !== undefined && { passphrase }) };
}

function checkType(
  properties: Properties,
  store: "ssl.truststore" | "ssl.keystore",
  conversion: string,
  mistake: (text: string) => UsageError,
): void {
  const type = properties.get(`${store}.type`) ?? "JKS";
  if (type.toUpperCase() === "PEM") return;
  throw mistake(`${store}.type is ${type}, which Java alone reads; set it to PEM and convert the file (${conversion})`);
}
