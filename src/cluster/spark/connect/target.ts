import type { SparkDialect } from "../versions/spark-dialect.ts";

/** The server that is asked, for messages. */
export interface Target {
  readonly address: string;
  readonly useTls: boolean;
  /** Undefined before its first answer. */
  readonly sparkVersion: string | undefined;
  /** How it speaks, once that is known. */
  readonly dialect: SparkDialect | undefined;
}
