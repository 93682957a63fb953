import { DStreamError } from "../errors/dstream-error.ts";
import { defaultUIPort } from "../ui/ui-options.ts";
import { UsageError } from "./arguments.ts";

const answerMs = 10_000;

/** The address of a job's page: a URL, HOST:PORT, or a port; default that of a job on this machine. @throws UsageError */
export function pageUrl(text: string | undefined): URL {
  const given = text ?? String(defaultUIPort);
  const spelled = /^\d+$/.test(given) ? `http://127.0.0.1:${given}` : given.includes("://") ? given : `http://${given}`;
  const url = URL.parse(spelled);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`the page's address must be like http://127.0.0.1:4040, not ${given}`);
  }
  return url;
}

/**
 * What a job's page answers, as JSON.
 *
 * @throws UI_UNREACHABLE where nothing answers in time, or it is no page of a job; UI_REFUSED with what it says.
 */
export async function askPage<T>(page: URL, path: string, token: string | undefined): Promise<T> {
  const url = new URL(path, page);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(answerMs) });
    body = await response.text();
  } catch (cause) {
    throw new DStreamError("UI_UNREACHABLE", `no page of a job answers at ${page.origin}`, {
      cause,
      data: { url: url.href },
    });
  }
  if (!response.ok) {
    const [line = ""] = body.split("\n", 1);
    throw new DStreamError("UI_REFUSED", `${page.origin} answers ${response.status}: ${line.slice(0, 300)}`, {
      data: { status: response.status },
    });
  }
  try {
    return JSON.parse(body) as T;
  } catch (cause) {
    throw new DStreamError("UI_UNREACHABLE", `what answers at ${page.origin} is no page of a job`, { cause });
  }
}
