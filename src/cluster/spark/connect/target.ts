import type { SparkDialect } from "../versions/spark-dialect.ts";

/** The server that is asked, for messages. */
export interface Target {
  readonly address: string;
  readonly useTls: boolean;
  /** Undefined before its first answer. */
  readonly sparkVersion: string | undefined;
  /** How it speaks, once that is known. */
  readonly dialect: SparkDialect | undefined;
  readonly shown: ShownCredentials;
}

/** What the client shows of itself, and whom it believes. */
export interface ShownCredentials {
  /** "headers": further ones alone; "function": a token or headers that are asked for. */
  readonly token: "none" | "headers" | "text" | "function";
  /** Where the token says so itself, and is no longer valid. */
  readonly tokenExpiredAt: Date | undefined;
  /** Whether there is a certificate of the client. */
  readonly certificate: boolean;
  /** Whether it believes other authorities than Node does by itself. */
  readonly authorities: boolean;
}
