import { checkObject, checkOptionNames, checkText, invalidOption } from "../../errors/check-options.ts";
import type { KafkaSasl } from "../types.ts";
import { oauthBearer } from "./oauth-bearer.ts";
import { plain } from "./plain.ts";
import type { SaslSteps } from "./sasl-mechanism.ts";
import { scram } from "./scram.ts";

interface Mechanism {
  /** What the exchange is called on the wire. */
  readonly wireName: string;
  /** Of the options of `sasl`, besides `mechanism`. */
  readonly options: readonly string[];
  readonly check: (sasl: KafkaSasl) => void;
  readonly steps: (sasl: KafkaSasl) => SaslSteps;
}

type Password = { readonly username: string; readonly password: string };

const byPassword = (wireName: string, steps: (password: Password) => SaslSteps): Mechanism => ({
  wireName,
  options: ["username", "password"],
  check: ({ username, password }) => {
    checkText("sasl.username", username);
    checkText("sasl.password", password);
  },
  steps: (sasl) => steps(sasl as Password),
});

const mechanisms: Readonly<Record<string, Mechanism>> = {
  PLAIN: byPassword("PLAIN", plain),
  "SCRAM-SHA-256": byPassword("SCRAM-SHA-256", (password) => scram("sha256", password)),
  "SCRAM-SHA-512": byPassword("SCRAM-SHA-512", (password) => scram("sha512", password)),
  OAUTHBEARER: {
    wireName: "OAUTHBEARER",
    options: ["token"],
    check: ({ token }) => {
      if (typeof token !== "function") throw invalidOption("sasl.token", token, "a function that gives a token");
    },
    steps: ({ token }) => oauthBearer(token as NonNullable<KafkaSasl["token"]>),
  },
};

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
  const { options, check } = mechanisms[name] as Mechanism;
  checkOptionNames(`sasl with ${name}`, sasl, ["mechanism", ...options]);
  check(sasl);
}

/** How the client goes about it, with options that were checked. */
export function mechanismOf(sasl: KafkaSasl): { readonly wireName: string; readonly steps: () => SaslSteps } {
  const { wireName, steps } = mechanisms[mechanismName(sasl.mechanism) as string] as Mechanism;
  return { wireName, steps: () => steps(sasl) };
}
