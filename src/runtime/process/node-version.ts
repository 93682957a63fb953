/** The oldest Node that runs the package: as `engines` in package.json. */
const oldestMajor = 24;

/** What a person should do who runs an older Node; undefined for one that will do. */
export function nodeVersionProblem(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= oldestMajor) return undefined;
  return `dstream needs Node ${oldestMajor} or newer, and this is Node ${version}`;
}
