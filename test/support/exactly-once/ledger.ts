// What went in and what came out of a job, and whether every record came out once and in order.

export interface Entry {
  readonly key: string;
  readonly value: string;
}

export interface Verdict {
  readonly lost: number;
  readonly duplicated: number;
  /** Records that came out and never went in. */
  readonly foreign: number;
  /** Records in front of one of the same key that went in before them. */
  readonly outOfOrder: number;
}

export const exact: Verdict = { lost: 0, duplicated: 0, foreign: 0, outOfOrder: 0 };

/** Checks the output of a job as it comes: as a multiset, and the order for each key. */
export class CopyLedger {
  readonly #size: number;
  readonly #placeOf: (entry: Entry) => number | undefined;
  readonly #seen: Uint8Array;
  readonly #last = new Map<string, number>();
  #missing: number;
  #duplicated = 0;
  #foreign = 0;
  #outOfOrder = 0;

  /** `placeOf` tells as which of `size` records one went in, from 0; undefined for one that never did. */
  constructor(size: number, placeOf: (entry: Entry) => number | undefined) {
    this.#size = size;
    this.#placeOf = placeOf;
    this.#seen = new Uint8Array(size);
    this.#missing = size;
  }

  add(entry: Entry): void {
    const place = this.#placeOf(entry);
    if (place === undefined || place >= this.#size) this.#foreign++;
    else if (this.#seen[place] === 1) this.#duplicated++;
    else {
      this.#seen[place] = 1;
      this.#missing--;
      if (place < (this.#last.get(entry.key) ?? -1)) this.#outOfOrder++;
      this.#last.set(entry.key, place);
    }
  }

  verdict(): Verdict {
    const [lost, duplicated, foreign, outOfOrder] = [this.#missing, this.#duplicated, this.#foreign, this.#outOfOrder];
    return { lost, duplicated, foreign, outOfOrder };
  }
}

/** Checks running totals as they come: each must be the one before it of its key, and what its batch added. */
export class TotalsLedger {
  readonly #totals = new Map<string, number>();
  readonly #wrong = new Map<string, string>();

  add({ key, value }: Entry): void {
    const { total, added } = JSON.parse(value) as { total: number; added: number };
    const before = this.#totals.get(key) ?? 0;
    if (before + added !== total && !this.#wrong.has(key)) {
      this.#wrong.set(key, `${key}: ${before} + ${added} is not ${total}`);
    }
    this.#totals.set(key, total);
  }

  /** What is wrong, a line for each key; `counts` is the number of each key's records, which its last total must be. */
  wrong(counts: ReadonlyMap<string, number>): string[] {
    const wrong = new Map(this.#wrong);
    for (const [key, count] of counts) {
      const total = this.#totals.get(key) ?? 0;
      if (total !== count && !wrong.has(key)) wrong.set(key, `${key}: ends with ${total} of ${count}`);
    }
    return [...wrong.values()];
  }
}

/** Compares as multisets, and the order for each key. The values of a key are all different. */
export function compare(input: readonly Entry[], output: readonly Entry[]): Verdict {
  const places = new Map(input.map(({ key, value }, place) => [`${key} ${value}`, place]));
  const ledger = new CopyLedger(input.length, ({ key, value }) => places.get(`${key} ${value}`));
  for (const entry of output) ledger.add(entry);
  return ledger.verdict();
}

/** What is wrong with the running totals of the input's keys, a line for each key. */
export function wrongTotals(input: readonly Entry[], output: readonly Entry[]): string[] {
  const counts = new Map<string, number>();
  for (const { key } of input) counts.set(key, (counts.get(key) ?? 0) + 1);
  const ledger = new TotalsLedger();
  for (const entry of output) ledger.add(entry);
  return ledger.wrong(counts);
}
