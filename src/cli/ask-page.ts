import { DStreamError } from "../errors/dstream-error.ts";
import { defaultUIPort } from "../ui/ui-options.ts";
import { UsageError, type Values } from "./arguments.ts";

const answerMs = 10_000;

/** Where a job's page is, and the token for it. */
export interface JobPage {
  /** Ends with a slash: a page behind a proxy, and one of dstream history, has a path. */
  readonly base: URL;
  readonly token: string | undefined;
}

/**
 * The page at a URL, HOST:PORT, or a port; default that of a job on this machine. The token is --token, else the URL's `?token=`, else
 * DSTREAM_UI_TOKEN. @throws UsageError
 */
export function jobPage(text: string | undefined, values: Values): JobPage {
  const given = text ?? String(defaultUIPort);
  const spelled = /^\d+$/.test(given) ? `http://127.0.0.1:${given}` : given.includes("://") ? given : `http://${given}`;
  const url = URL.parse(spelled);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`the page's address must be like http://127.0.0.1:4040, not ${given}`);
  }
  if (values.token === "") throw new UsageError("--token must not be empty");
  const asked = (values.token as string | undefined) ?? url.searchParams.get("token") ?? undefined;
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { base: url, token: asked ?? process.env.DSTREAM_UI_TOKEN };
}

/** Asks for what is at `path`, which is relative to the page. */
export function fetchPage({ base, token }: JobPage, path: string, signal: AbortSignal): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return fetch(new URL(path, base), { headers, signal });
}

/**
 * What a job's page answers at `path`, which is relative to it, as JSON.
 *
 * @throws UI_UNREACHABLE where nothing answers in time, or it is no page of a job; UI_REFUSED with what it says.
 */
export async function askPage<T>(page: JobPage, path: string): Promise<T> {
  const at = page.base.href.replace(/\/$/, "");
  let response: Response;
  let body: string;
  try {
    response = await fetchPage(page, path, AbortSignal.timeout(answerMs));
    body = await response.text();
  } catch (cause) {
    throw new DStreamError("UI_UNREACHABLE", `no page of a job answers at ${at}`, { cause, data: { url: at } });
  }
  if (!response.ok) throw refusalOf(at, response, body.split("\n", 1)[0]?.slice(0, 300) ?? "");
  try {
    return JSON.parse(body) as T;
  } catch (cause) {
    throw new DStreamError("UI_UNREACHABLE", `what answers at ${at} is no page of a job`, { cause });
  }
}

function refusalOf(at: string, { status, headers }: Response, said: string): DStreamError {
  const data = { status, url: at };
  // Node's own answer, before the page sees the request.
  const isTooLong = status === 431;
  // A page has all that a command asks for, except an operator, and the state of a job that has ended.
  const isOfPage = headers.get("content-type")?.startsWith("text/plain") && (status !== 404 || isMissing(said));
  if (!isTooLong && !isOfPage) {
    const text = `no page of a job is at ${at}: what is there answers ${status}; the page of a job in dstream history is at …/jobs/ID/`;
    return new DStreamError("UI_UNREACHABLE", text, { data });
  }
  return new DStreamError(
    "UI_REFUSED",
    `${at} answers ${status}: ${isTooLong ? tooLong : said}${hintOf(status, said)}`,
    {
      data,
    },
  );
}

const isMissing = (said: string): boolean => /^(\[STATE_OPERATOR_MISSING\]|the job has ended;)/.test(said);

const tooLong =
  "the key is too long to be asked for by a page; dstream checkpoint state DIR OPERATOR KEY takes it, if the job has a checkpoint";

/** What the page, which does not know who asks, cannot say. */
function hintOf(status: number, said: string): string {
  if (status === 401) return "; give it as --token T, in DSTREAM_UI_TOKEN, or as ?token=T in the address";
  if (said.includes("ui.showState")) return "; give its program ui: { showState: true }";
  return "";
}
