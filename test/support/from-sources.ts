/** The flag of Node with which programs of this clone get the package's sources, wherever they are started. */
export const fromSources = `--import=${new URL("../../scripts/from-sources.ts", import.meta.url).href}`;
