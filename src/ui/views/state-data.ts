/** An operator with state, and how it is spread. */
export interface StateOperatorView {
  readonly operator: string;
  readonly entries: number | undefined;
  readonly bytes: number;
  /** Of each bucket; empty for windows, whose panes are kept by task. */
  readonly bytesByBucket: readonly number[];
}

/** States of keys, as texts that can be read: keys and values need not be JSON. */
export interface StateAnswer {
  readonly operator: string;
  readonly entries: readonly { readonly key: string; readonly state: string }[];
  readonly hasMore: boolean;
}
