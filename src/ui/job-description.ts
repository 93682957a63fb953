/** What a job is called and how it runs; does not change while it runs. */
export interface JobDescription {
  readonly id: string;
  readonly appName: string;
  readonly master: string;
  /** The package's. */
  readonly version: string;
  /** Epoch ms. */
  readonly startTime: number;
  /** Milliseconds. */
  readonly batchInterval: number;
  /** Names of the input streams, by stream id. */
  readonly inputs: readonly string[];
  /** In the order of the program. */
  readonly operators: readonly OperatorView[];
  /** Names of the outputs, by id. */
  readonly outputs: readonly string[];
  /** Settings by name; secrets are hidden. */
  readonly configuration: Readonly<Record<string, string>>;
}

/** An operator, or an output, as the program named it. */
export interface OperatorView {
  readonly name: string;
  /** Names of those that it takes rows from. */
  readonly parents: readonly string[];
  /** "file.ts:12:3" of the program, where it is known. */
  readonly site?: string;
  readonly kind: "source" | "operator" | "output";
}
