/** The values of one key on both sides of a join. */
type Groups<V, W> = readonly [readonly V[], readonly W[]];

const nothing = [undefined] as const;

function* combinations<V, W>(left: readonly V[], right: readonly W[]): Generator<readonly [V, W]> {
  for (const v of left) for (const w of right) yield [v, w];
}

function orAbsent<V>(values: readonly V[]): readonly (V | undefined)[] {
  return values.length === 0 ? nothing : values;
}

/** What each kind of join makes of the values of a key; a side that has none is absent, or leaves nothing. */
export const joins = {
  join: <V, W>([left, right]: Groups<V, W>) => combinations(left, right),
  leftOuterJoin: <V, W>([left, right]: Groups<V, W>) => combinations(left, orAbsent(right)),
  rightOuterJoin: <V, W>([left, right]: Groups<V, W>) => combinations(orAbsent(left), right),
  fullOuterJoin: <V, W>([left, right]: Groups<V, W>) => combinations(orAbsent(left), orAbsent(right)),
} as const;
