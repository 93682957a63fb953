const answerMs = 10_000;

/** What the server said where it gave no answer. */
export class Refusal extends Error {}

/** The address of something that is served beside the page: a job that has ended has a folder of its own. */
export function api(path: string): string {
  return new URL(`api/v1/${path}`, document.baseURI).href;
}

/** Asks for JSON. @throws Refusal; something else where nobody answers. */
export async function ask<T>(path: string): Promise<T> {
  const response = await fetch(api(path), { signal: AbortSignal.timeout(answerMs) });
  if (!response.ok) throw new Refusal((await response.text()).trim());
  return (await response.json()) as T;
}

export function refusalText(error: unknown): string {
  return error instanceof Refusal ? error.message : "the job does not answer";
}
