import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { freePort } from "./free-port.ts";
import { type RealKafka, startRealKafka } from "./real-kafka.ts";
import type { SignedTokens } from "./signed-tokens.ts";

/** The user that `startSecuredKafka` lets in; without rules for a resource it may do everything. */
export const securedUser = { username: "alice", password: "alice's secret" } as const;
/** One whose password is not ASCII, and would be another after SASLprep. Names are ASCII in Kafka. */
export const oddUser = { username: "zoe", password: "\ufb01\u2168 \u00e4" } as const;

/** How long sessions of the listener SHORT last. */
export const shortSessionMs = 2_500;

const names = ["TLS", "MUTUAL", "SASL", "SASLTLS", "SHORT", "OAUTH"] as const;
type ListenerName = (typeof names)[number];

export interface SecuredKafka extends RealKafka {
  /** Addresses of listeners of the same broker. */
  readonly at: Readonly<Record<ListenerName, string>>;
}

export interface SecuredKafkaOptions {
  readonly certificate: { readonly key: string; readonly cert: string };
  /** The authority of the clients that the listener MUTUAL lets in. */
  readonly clients: string;
  readonly tokens: SignedTokens;
}

/**
 * A real Kafka with listeners that ask for TLS with this certificate; for a client's certificate, too; for SASL (PLAIN and SCRAM), without
 * and with TLS, and with short sessions; and for tokens (OAUTHBEARER), with short sessions.
 */
export async function startSecuredKafka(options: SecuredKafkaOptions): Promise<SecuredKafka> {
  const dir = mkdtempSync(join(tmpdir(), "dstream-keys-"));
  const keySet = join(dir, "keys.json");
  writeFileSync(keySet, options.tokens.keySet);
  const entries: [ListenerName, string][] = [];
  for (const name of names) entries.push([name, `127.0.0.1:${await freePort()}`]);
  const at = Object.fromEntries(entries) as SecuredKafka["at"];
  const users = [securedUser, oddUser].flatMap(({ username, password }) =>
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => {
      return ["--add-scram", `${mechanism}=[name="${username}",password="${password}"]`];
    }),
  );
  // Java reads the arguments as the locale says.
  process.env.LC_ALL = "C.UTF-8";
  const kafka = await startRealKafka({
    listeners: at,
    security: securityProperties(options, pathToFileURL(keySet).href),
    java: [
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${pathToFileURL(keySet).href}`,
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.files=${keySet}`,
    ],
    format: users,
  });
  const stop = async (): Promise<void> => {
    await kafka.stop();
    rmSync(dir, { recursive: true });
  };
  return { ...kafka, at, stop };
}

function securityProperties({ certificate, clients, tokens }: SecuredKafkaOptions, keySet: string): string {
  const oneLine = (pem: string): string => pem.trim().replaceAll("\n", "\\n");
  const login = (module: string, more = ""): string =>
    `org.apache.kafka.common.security.${module}LoginModule required${more};`;
  const plain = login("plain.Plain", ` user_${securedUser.username}="${securedUser.password}"`);
  const byPassword = (listener: string): string => `listener.name.${listener}.plain.sasl.jaas.config=${plain}
listener.name.${listener}.scram-sha-256.sasl.jaas.config=${login("scram.Scram")}
listener.name.${listener}.scram-sha-512.sasl.jaas.config=${login("scram.Scram")}
listener.name.${listener}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
`;
  const shortSessions = (listener: string, mechanism: string): string =>
    `listener.name.${listener}.${mechanism}.connections.max.reauth.ms=${shortSessionMs}\n`;
  return `ssl.keystore.type=PEM
ssl.keystore.key=${oneLine(certificate.key)}
ssl.keystore.certificate.chain=${oneLine(certificate.cert)}
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.truststore.type=PEM
listener.name.mutual.ssl.truststore.certificates=${oneLine(clients)}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.oauth.oauthbearer.sasl.jaas.config=${login("oauthbearer.OAuthBearer")}
listener.name.oauth.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler
listener.name.oauth.oauthbearer.sasl.oauthbearer.jwks.endpoint.url=${keySet}
listener.name.oauth.oauthbearer.sasl.oauthbearer.expected.audience=${tokens.audience}
listener.name.oauth.oauthbearer.sasl.oauthbearer.expected.issuer=${tokens.issuer}
${["sasl", "sasltls", "short"].map(byPassword).join("")}${["plain", "scram-sha-256", "scram-sha-512"]
  .map((mechanism) => shortSessions("short", mechanism))
  .join("")}${shortSessions("oauth", "oauthbearer")}`;
}
