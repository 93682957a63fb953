import type { SaslSteps } from "./sasl-mechanism.ts";

/** SASL PLAIN (RFC 4616): name and password as they are. */
export async function* plain({ username, password }: { username: string; password: string }): SaslSteps {
  yield Buffer.from(`\0${username}\0${password}`);
}
