import type { OutgoingHttpHeaders } from "node:http";

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Uint8Array;
}

export function text(status: number, body: string, headers: OutgoingHttpHeaders = {}): Answer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: `${body}\n` };
}

export function json(value: unknown, status = 200): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

export function redirect(location: string, headers: OutgoingHttpHeaders = {}): Answer {
  return { status: 303, headers: { location, ...headers }, body: "" };
}
