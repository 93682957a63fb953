/** The server that is asked, for messages. */
export interface Target {
  readonly address: string;
  readonly useTls: boolean;
  /** Undefined before its first answer. */
  readonly sparkVersion: string | undefined;
}
