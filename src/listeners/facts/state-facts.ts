import { bytesOf, type Manifest } from "../../state/manifest.ts";
import type { StateFacts } from "./batch-facts.ts";

/** Of each operator with state that has run. */
export function stateFacts(manifest: Manifest): StateFacts[] {
  return manifest.map((state) => ({ operator: state.operator, entries: state.entries, bytes: bytesOf([state]) }));
}
