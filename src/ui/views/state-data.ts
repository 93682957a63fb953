/** An operator with state, and how it is spread. */
export interface StateOperatorView {
  readonly operator: string;
  readonly entries: number | undefined;
  readonly bytes: number;
  /** Those that have something, with their bytes in files. */
  readonly buckets: readonly { readonly bucket: number; readonly bytes: number }[];
}

/** States of keys, as texts that can be read: keys and values need not be JSON. */
export interface StateAnswer {
  readonly operator: string;
  /** The last batch that was committed; undefined before the first. */
  readonly batchTime: number | undefined;
  readonly entries: readonly { readonly key: string; readonly state: string }[];
  readonly hasMore: boolean;
}
