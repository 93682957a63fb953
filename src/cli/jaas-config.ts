import { mechanismName } from "../kafka/sasl/mechanisms.ts";
import type { KafkaSasl } from "../kafka/types.ts";
import type { UsageError } from "./arguments.ts";
import type { Properties } from "./command-config.ts";

const form = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b(.*?);?\s*$/s;
const optionForm = /([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;]+))/gs;

/** The credentials of sasl.mechanism and sasl.jaas.config. @throws UsageError for what is missing or not supported. */
export function saslOf(properties: Properties, mistake: (text: string) => UsageError): KafkaSasl {
  const asked = properties.get("sasl.mechanism");
  if (asked === undefined) throw mistake("sasl.mechanism is missing, which Kafka would take to be GSSAPI");
  const mechanism = mechanismName(asked);
  if (mechanism === undefined) {
    throw mistake(`sasl.mechanism ${asked} is not supported; use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER`);
  }
  if (mechanism === "AWS_MSK_IAM") return { mechanism, region: regionOf(mistake) };
  const options = jaasOptions(properties, mistake);
  const needed = (name: string): string => {
    const value = options.get(name);
    if (value === undefined) throw mistake(`sasl.jaas.config has no ${name}, which ${mechanism} needs`);
    return value;
  };
  if (mechanism !== "OAUTHBEARER") {
    return { mechanism, username: needed("username"), password: needed("password") };
  }
  const tokenEndpoint = properties.get("sasl.oauthbearer.token.endpoint.url");
  if (tokenEndpoint === undefined) throw mistake("sasl.oauthbearer.token.endpoint.url is missing");
  const scope = options.get("scope");
  const client = { clientId: needed("clientId"), clientSecret: needed("clientSecret") };
  return { mechanism, oidc: { tokenEndpoint, ...client, ...(scope !== undefined && { scope }) } };
}

/** username="…" and the like; what is in it is never repeated. */
function jaasOptions(properties: Properties, mistake: (text: string) => UsageError): ReadonlyMap<string, string> {
  const text = properties.get("sasl.jaas.config");
  if (text === undefined) throw mistake("sasl.jaas.config is missing");
  const [, , rest] = form.exec(text) ?? [];
  if (rest === undefined) throw mistake('sasl.jaas.config must read: MODULE required username="…" password="…";');
  const options = new Map<string, string>();
  for (const [, name, double, single, bare] of rest.matchAll(optionForm)) {
    options.set(name as string, (double ?? single)?.replace(/\\(.)/gs, "$1") ?? (bare as string));
  }
  return options;
}

function regionOf(mistake: (text: string) => UsageError): string {
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (region === undefined) throw mistake("sasl.mechanism AWS_MSK_IAM needs the region in AWS_REGION");
  return region;
}
