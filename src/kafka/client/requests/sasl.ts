import type { RequestType } from "../broker-connection.ts";

/** Names the mechanism; the answer has those that the listener takes. */
export const saslHandshakeRequest: RequestType<
  string,
  { readonly errorCode: number; readonly mechanisms: readonly string[] }
> = {
  api: "saslHandshake",
  version: 1,
  isClassic: true,
  write: (writer, mechanism) => {
    writer.string(mechanism);
  },
  read: (reader) => ({ errorCode: reader.int16(), mechanisms: reader.array(() => reader.string()) }),
};

export interface SaslAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly bytes: Buffer;
  /** How long the client counts as authenticated; 0: for as long as it is connected. */
  readonly sessionLifetimeMs: number;
}

export const saslAuthenticateRequest: RequestType<Buffer, SaslAnswer> = {
  api: "saslAuthenticate",
  version: 2,
  write: (writer, bytes) => {
    writer.bytes(bytes).tags();
  },
  read: (reader) => ({
    errorCode: reader.int16(),
    errorMessage: reader.nullableString(),
    bytes: reader.bytes(),
    sessionLifetimeMs: reader.int64(),
  }),
};
