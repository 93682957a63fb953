const deepest = 8;

/** The `code` of what was thrown, where it is a text: a DOMException's is a number, and anything at all can be thrown. */
export function codeOf(thrown: unknown): string | undefined {
  const code = typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** What was thrown, what caused it, and the errors that it collects. */
export function* causesOf(thrown: unknown, depth = 0): Generator<Error> {
  if (!(thrown instanceof Error) || depth > deepest) return;
  yield thrown;
  yield* causesOf(thrown.cause, depth + 1);
  if (!(thrown instanceof AggregateError)) return;
  for (const inner of thrown.errors) yield* causesOf(inner, depth + 1);
}

/** What was thrown in a few words: its code, else its text. */
export function reasonOf(thrown: unknown): string {
  const causes = [...causesOf(thrown)];
  const code = causes.map(codeOf).find((one) => one !== undefined);
  return code ?? causes.at(-1)?.message ?? String(thrown);
}
