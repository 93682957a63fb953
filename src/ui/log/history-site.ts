import type { IncomingHttpHeaders } from "node:http";
import { JobSite, pageFile } from "../job-site.ts";
import { application } from "../rest/spark-rest.ts";
import { type Answer, json, redirect } from "../server/answer.ts";
import type { ServerEvent } from "../server/event-stream.ts";
import type { Site } from "../server/ui-server.ts";
import { listRuns } from "./list-runs.ts";
import { readEventLog } from "./read-event-log.ts";
import { runListPage } from "./run-list-page.ts";

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
    if (pathname === "/") return runListPage(await listRuns(this.#directory));
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
    const { runs } = await listRuns(this.#directory);
    return json(runs.map((run) => application(run, run.lastTime)));
  }

  /** The job may still run: its log is read again each time that it is asked for. */
  async #siteOf(id: string): Promise<JobSite | undefined> {
    const logged = await readEventLog(this.#directory, id);
    if (logged === undefined) return undefined;
    return new JobSite(logged);
  }
}
