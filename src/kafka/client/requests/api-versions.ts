import type { RequestType } from "../broker-connection.ts";

/** The versions of each API that a broker speaks, by the API's number. */
export type ApiVersions = ReadonlyMap<number, { readonly min: number; readonly max: number }>;

/** The one request that a broker answers before anything is known of it, also to a client that is not authenticated. */
export const apiVersionsRequest: RequestType<null, { readonly errorCode: number; readonly versions: ApiVersions }> = {
  api: "apiVersions",
  version: 2,
  isClassic: true,
  write: () => {},
  read: (reader) => {
    const errorCode = reader.int16();
    const entries = reader.array(() => [reader.int16(), { min: reader.int16(), max: reader.int16() }] as const);
    return { errorCode, versions: new Map(entries) };
  },
};
