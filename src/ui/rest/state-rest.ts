import { DStreamError } from "../../errors/dstream-error.ts";
import type { JobSiteOptions, StateRequest } from "../job-site.ts";
import { type Answer, json, text } from "../server/answer.ts";

const defaultLimit = 20;
const maxLimit = 1_000;
/** A key in a URL. */
const maxKeyLength = 8_192;

/** `/api/v1/state`, `/api/v1/state/OPERATOR?key=JSON` and `?limit=N`: state as the last committed batch left it. */
export async function stateRest(
  { live, showsState }: Pick<JobSiteOptions, "live" | "showsState">,
  operator: string | undefined,
  query: URLSearchParams,
): Promise<Answer> {
  if (live === undefined)
    return text(404, "the job has ended; its checkpoint has its state: dstream checkpoint state DIR");
  if (operator === undefined) return json(await live.stateOperators());
  if (showsState !== true) return text(403, "this job does not show its state: it has no ui.showState");
  const request = requestOf(query);
  if (typeof request === "string") return text(400, request);
  try {
    return json(await live.stateOf(decodeURIComponent(operator), request));
  } catch (error) {
    if (error instanceof URIError) return text(400, "the operator's name is not encoded as a URL's part");
    if (!(error instanceof DStreamError)) throw error;
    return text(
      error.code === "STATE_OPERATOR_MISSING" ? 404 : error.code === "KEY_NOT_CANONICAL" ? 400 : 503,
      error.message,
    );
  }
}

function requestOf(query: URLSearchParams): StateRequest | string {
  const key = query.get("key");
  if (key === null) {
    const limit = Number(query.get("limit") ?? defaultLimit);
    const isGood = Number.isInteger(limit) && limit >= 1 && limit <= maxLimit;
    return isGood ? { limit } : `limit must be an integer from 1 to ${maxLimit}`;
  }
  if (key.length > maxKeyLength) return `a key may have ${maxKeyLength} characters`;
  try {
    return { key: JSON.parse(key) as unknown };
  } catch {
    return `the key must be JSON: "tea" with its quotes, 7, ["a", 1]; not ${key.slice(0, 100)}`;
  }
}
