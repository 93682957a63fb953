// Finds a partition's segments again. As in Kafka, a batch that a crash left half written, or that is damaged, ends the log: it is cut
// off, and segments behind it are deleted. Segments whose `.state` was kept are not read; that is all but the last, and the last
// too after an orderly stop.
import { isAbortMarker } from "../batches/abort-marker.ts";
import type { ProducerTable } from "../producer-table.ts";
import type { FileBytes } from "./file-bytes.ts";
import { type FileStore, timestampOf } from "./file-store.ts";
import { scanBatches } from "./scan-batches.ts";
import type { Segment } from "./segment.ts";

/** The segments in the store, in order; what their producers did goes into `producers`. */
export function recoverSegments(store: FileStore, producers: ProducerTable): Segment[] {
  const segments: Segment[] = [];
  store.finishReplacements();
  const offsets = store.baseOffsets();
  for (const [i, baseOffset] of offsets.entries()) {
    const segment = store.open(baseOffset, store.clock.now());
    if (baseOffset !== (segments.at(-1)?.nextOffset ?? baseOffset)) store.delete(segment);
    else segments.push(recovered(store, segment, offsets[i + 1], producers));
  }
  return segments;
}

function recovered(
  store: FileStore,
  segment: Segment,
  followedBy: number | undefined,
  producers: ProducerTable,
): Segment {
  const state = store.state(segment);
  if (state === undefined) return scanned(segment, 0, producers, store.clock.now());
  producers.restore(state.producers, state.aborted);
  segment.nextOffset = state.nextOffset;
  segment.maxTimestamp = state.maxTimestamp;
  segment.createdMs = state.createdMs;
  const isWhole = segment.bytes.length === state.bytes && (followedBy ?? state.nextOffset) === state.nextOffset;
  return isWhole ? segment : scanned(segment, state.bytes, producers, store.clock.now());
}

function scanned(segment: Segment, position: number, producers: ProducerTable, nowMs: number): Segment {
  const bytes = segment.bytes as FileBytes;
  const range = { position, offset: segment.nextOffset, untilOffset: Number.POSITIVE_INFINITY };
  const end = scanBatches(bytes, range, (header, batch, at) => {
    segment.note(header.baseOffset + header.lastOffsetDelta, at, timestampOf(header));
    producers.appended(header, header.baseOffset, header.isControl && isAbortMarker(batch), nowMs);
  });
  if (end < bytes.length) bytes.truncate(end);
  return segment;
}
