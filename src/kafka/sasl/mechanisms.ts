import { checkObject, checkOptionNames, checkText, invalidOption } from "../../errors/checks/check-options.ts";
import type { TokenSource } from "../../runtime/ask-token.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import type { KafkaSasl, OidcOptions } from "../types.ts";
import { mskTokens } from "./msk-token.ts";
import { oauthBearer } from "./oauth-bearer.ts";
import { oidcTokens } from "./oidc-token.ts";
import { plain } from "./plain.ts";
import type { SaslSteps } from "./sasl-mechanism.ts";
import { type ScramHash, scram } from "./scram.ts";

/** What authentication has of the world. */
export type SaslMachine = Pick<Machine, "timers" | "random">;

/** How a client with certain options goes about it. */
export interface Mechanism {
  /** What the exchange is called on the wire. */
  readonly wireName: string;
  /** The option that holds or gives the secret. */
  readonly source: string;
  readonly steps: (machine: SaslMachine) => SaslSteps;
}

interface MechanismKind {
  readonly wireName: string;
  /** Of the options of `sasl`, besides `mechanism`. */
  readonly options: readonly string[];
  readonly check: (sasl: KafkaSasl) => void;
  readonly steps: (sasl: KafkaSasl, machine: SaslMachine) => SaslSteps;
}

type Password = { readonly username: string; readonly password: string };

const byPassword = (
  wireName: string,
  steps: (password: Password, machine: SaslMachine) => SaslSteps,
): MechanismKind => ({
  wireName,
  options: ["username", "password"],
  check: ({ username, password }) => {
    checkText("sasl.username", username);
    checkText("sasl.password", password);
  },
  steps: (sasl, machine) => steps(sasl as Password, machine),
});

const scramBy =
  (hash: ScramHash) =>
  (password: Password, { random }: SaslMachine): SaslSteps =>
    scram(hash, password, random.bytes(24).toString("base64"));

const mechanisms: Readonly<Record<string, MechanismKind>> = {
  PLAIN: byPassword("PLAIN", plain),
  "SCRAM-SHA-256": byPassword("SCRAM-SHA-256", scramBy("sha256")),
  "SCRAM-SHA-512": byPassword("SCRAM-SHA-512", scramBy("sha512")),
  OAUTHBEARER: {
    wireName: "OAUTHBEARER",
    options: ["token", "oidc"],
    check: ({ token, oidc }) => {
      if ((token === undefined) === (oidc === undefined)) {
        const seen = token === undefined ? "neither" : "both";
        throw invalidOption("sasl with OAUTHBEARER", seen, "given one of token and oidc");
      }
      if (oidc !== undefined) checkOidc(oidc);
      else if (typeof token !== "function") throw invalidOption("sasl.token", token, "a function that gives a token");
    },
    steps: ({ token, oidc }, { timers }) =>
      oidc === undefined
        ? oauthBearer(token as TokenSource, timers)
        : oauthBearer(oidcTokens(oidc, timers), timers, "sasl.oidc"),
  },
  AWS_MSK_IAM: {
    wireName: "OAUTHBEARER",
    options: ["region"],
    check: ({ region }) => checkText("sasl.region", region, 'a region of AWS, such as "eu-west-1"'),
    steps: ({ region }, { timers }) => oauthBearer(mskTokens(region as string), timers, "sasl with AWS_MSK_IAM"),
  },
};

function checkOidc(oidc: OidcOptions): void {
  checkObject("sasl.oidc", oidc);
  checkOptionNames("sasl.oidc", oidc, ["tokenEndpoint", "clientId", "clientSecret", "scope"]);
  const { tokenEndpoint, clientId, clientSecret, scope } = oidc;
  checkText("sasl.oidc.clientId", clientId);
  checkText("sasl.oidc.clientSecret", clientSecret);
  if (scope !== undefined) checkText("sasl.oidc.scope", scope);
  const url = URL.canParse(tokenEndpoint) ? new URL(tokenEndpoint) : undefined;
  const isPlain = url !== undefined && ["http:", "https:"].includes(url.protocol) && url.username === "";
  if (!isPlain) throw invalidOption("sasl.oidc.tokenEndpoint", typeof tokenEndpoint, "a URL with https (or http)");
}

/** A mechanism's own name, however it was written; undefined for none that is known. */
export function mechanismName(text: string): string | undefined {
  const name = text.toUpperCase();
  return Object.hasOwn(mechanisms, name) ? name : undefined;
}

/** @throws UNKNOWN_OPTION, INVALID_OPTION for what a mechanism does not take, or lacks. */
export function checkSasl(sasl: KafkaSasl): void {
  checkObject("sasl", sasl);
  checkText("sasl.mechanism", sasl.mechanism);
  const name = mechanismName(sasl.mechanism);
  if (name === undefined) {
    throw invalidOption("sasl.mechanism", sasl.mechanism, `one of ${Object.keys(mechanisms).join(", ")}`);
  }
  const { options, check } = mechanisms[name] as MechanismKind;
  checkOptionNames(`sasl with ${name}`, sasl, ["mechanism", ...options]);
  check(sasl);
}

/** Of options that were checked. */
export function mechanismOf(sasl: KafkaSasl): Mechanism {
  const { wireName, steps, options } = mechanisms[mechanismName(sasl.mechanism) as string] as MechanismKind;
  const source = ["password", "token", "oidc"].find((name) => options.includes(name) && name in sasl);
  return {
    wireName,
    source: source === undefined ? "sasl" : `sasl.${source}`,
    steps: (machine) => steps(sasl, machine),
  };
}
