import { DStreamError } from "../../errors/dstream-error.ts";
import type { TokenSource } from "../../runtime/ask-token.ts";

const signer = "aws-msk-iam-sasl-signer-js";

/** What is used of the package. */
interface Signer {
  generateAuthToken(options: { readonly region: string }): Promise<{ readonly token: string }>;
}

/** Tokens for Amazon MSK: requests that AWS's own package signs with the credentials it finds as AWS's tools do. @throws PACKAGE_MISSING */
export function mskTokens(region: string): TokenSource {
  return async () => {
    const { generateAuthToken } = await loaded();
    return (await generateAuthToken({ region })).token;
  };
}

async function loaded(): Promise<Signer> {
  try {
    // By a name that bundlers leave alone: the package is the program's.
    const module = (await import(signer)) as Signer & { readonly default?: Signer };
    return module.generateAuthToken === undefined ? (module.default as Signer) : module;
  } catch (cause) {
    const text = `SASL AWS_MSK_IAM needs the package ${signer}: npm install ${signer}`;
    throw new DStreamError("PACKAGE_MISSING", text, { cause, data: { package: signer } });
  }
}
