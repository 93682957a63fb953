/** The codecs of record batches, by the number that a batch's attributes give them. */
export const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

export type CompressionName = keyof typeof codecs;
