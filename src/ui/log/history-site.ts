import type { IncomingHttpHeaders } from "node:http";
import type { JobDescription } from "../job-description.ts";
import { JobSite, pageFile } from "../job-site.ts";
import { type Answer, json, redirect } from "../server/answer.ts";
import type { ServerEvent } from "../server/event-stream.ts";
import type { Site } from "../server/ui-server.ts";
import { loggedJobs, readEventLog } from "./read-event-log.ts";

/** The pages of ended jobs, from the event logs in a folder: a list of them, and each under `/jobs/ID/`. */
export class HistorySite implements Site {
  readonly failed: (text: string) => void;
  readonly #directory: string;

  /** `failed` hears of answers that failed for a reason that nobody expected. */
  constructor(directory: string, failed: (text: string) => void) {
    this.#directory = directory;
    this.failed = failed;
  }

  async answer(url: URL, headers: IncomingHttpHeaders): Promise<Answer | undefined> {
    const { pathname } = url;
    if (pathname === "/page-styles.css") return pageFile(pathname);
    if (pathname === "/") return listPage(await loggedJobs(this.#directory));
    const application = /^\/api\/v1\/applications(?:\/([^/]+))?/.exec(pathname);
    if (application !== null) return this.#applications(application[1], url, headers);
    const [, id, path] = /^\/jobs\/([^/]+)(\/.*)?$/.exec(pathname) ?? [];
    if (id === undefined) return undefined;
    if (path === undefined) return redirect(`${pathname}/`);
    const site = await this.#siteOf(id);
    const inside = new URL(url);
    inside.pathname = path;
    return site?.answer(inside, headers);
  }

  firstEvents(): readonly ServerEvent[] {
    return [];
  }

  async #applications(id: string | undefined, url: URL, headers: IncomingHttpHeaders): Promise<Answer | undefined> {
    if (id !== undefined) return (await this.#siteOf(id))?.answer(url, headers);
    const jobs = await loggedJobs(this.#directory);
    return json(jobs.map(({ id: jobId, appName: name }) => ({ id: jobId, name, attempts: [] })));
  }

  /** The job may still run: its log is read again each time that it is asked for. */
  async #siteOf(id: string): Promise<JobSite | undefined> {
    const logged = await readEventLog(this.#directory, id);
    if (logged === undefined) return undefined;
    return new JobSite(logged);
  }
}

function listPage(jobs: readonly JobDescription[]): Answer {
  const rows = jobs.map(({ id, appName, master, startTime }) => {
    const time = new Date(startTime).toISOString();
    return `<tr><th scope="row"><a href="jobs/${encodeURIComponent(id)}/">${escaped(appName)}</a></th><td>${escaped(master)}</td><td>${time}</td></tr>`;
  });
  const table = `<table><thead><tr><th scope="col">Job</th><th scope="col">Master</th><th scope="col">Started</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>dstream history</title><link rel="icon" href="data:,"><link rel="stylesheet" href="page-styles.css"></head><body><main><h1>Jobs</h1>${jobs.length === 0 ? "<p>This folder has no event log.</p>" : table}</main></body></html>`;
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] as string);
}
