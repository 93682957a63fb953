import type { TestContext } from "node:test";

/** What this process warns of from now on, of one kind; a list that grows until the test ends. */
export function collectWarnings(t: TestContext, kind: string): string[] {
  const warnings: string[] = [];
  const collect = ({ name, message }: Error): void => void (name === kind && warnings.push(message));
  process.on("warning", collect);
  t.after(() => process.off("warning", collect));
  return warnings;
}
