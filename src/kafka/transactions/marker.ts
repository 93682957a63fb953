import type { GroupOffset } from "../client/requests/groups.ts";

/**
 * Says, as an offset that a transaction commits together with its records, whose records these are. Read after a crash it tells
 * whether the transaction was committed.
 */
export interface Marker {
  /** The checkpoint's id. */
  readonly checkpoint: string;
  /** Time of the batch. */
  readonly batch: number;
  /** Made up for this attempt at the batch. */
  readonly attempt: string;
}

export function markerText({ checkpoint, batch, attempt }: Marker): string {
  return JSON.stringify({ checkpoint, batch, attempt });
}

/** The newest marker of a group's offsets; undefined when there is none. Offsets that anybody else committed are none. */
export function newestMarker(offsets: readonly GroupOffset[]): Marker | undefined {
  const markers = offsets.flatMap(({ metadata = "" }) => parsed(metadata) ?? []);
  return markers.reduce<Marker | undefined>(
    (newest, marker) => (newest === undefined || marker.batch > newest.batch ? marker : newest),
    undefined,
  );
}

export function isSameMarker(a: Marker | undefined, b: Marker | undefined): boolean {
  return a?.checkpoint === b?.checkpoint && a?.batch === b?.batch && a?.attempt === b?.attempt;
}

function parsed(text: string): Marker | undefined {
  try {
    const { checkpoint, batch, attempt } = JSON.parse(text) as Partial<Marker>;
    const fits = typeof checkpoint === "string" && typeof batch === "number" && typeof attempt === "string";
    return fits ? { checkpoint, batch, attempt } : undefined;
  } catch {
    return undefined;
  }
}
