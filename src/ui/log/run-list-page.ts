import type { Answer } from "../server/answer.ts";
import type { ListedRun, RunList, UnreadableRun } from "./list-runs.ts";

const columns = ["Job", "Master", "Started", "Ended", "Duration", "Outcome"];
const outcomes: Readonly<Record<ListedRun["outcome"], string>> = {
  ended: "ended",
  failed: "failed",
  "no end": "killed or still running",
};
/** What whoever looks into a folder without event logs should give. */
export const wantedFolder =
  "the one wanted is that which a job has as its eventLog (dstream run --event-log), above the folders of its runs";

/** The page with all runs of a folder, each with a link to its own. */
export function runListPage({ runs, unreadable, isOneRun }: RunList): Answer {
  const none = isOneRun ? "This folder is that of one run" : "This folder has no event logs";
  const body = [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>dstream history</title><link rel="icon" href="data:,"><link rel="stylesheet" href="page-styles.css"></head><body><main><h1>Jobs</h1>`,
    runs.length === 0 ? `<p>${none}: ${wantedFolder}.</p>` : tableOf(runs),
    unreadable.length === 0 ? "" : unreadableOf(unreadable),
    "</main></body></html>",
  ];
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: body.join("") };
}

function tableOf(runs: readonly ListedRun[]): string {
  const heads = columns.map((name) => `<th scope="col">${name}</th>`);
  const rows = runs.map(({ job: { id, appName, master, startTime }, endTime, lastTime, outcome }) => {
    const cells = [
      master,
      timeText(startTime),
      timeText(endTime),
      durationText(lastTime - startTime),
      outcomes[outcome],
    ];
    const link = `<a href="jobs/${encodeURIComponent(id)}/">${escaped(appName)}</a>`;
    return `<tr><th scope="row">${link}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  });
  return `<table><thead><tr>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function unreadableOf(unreadable: readonly UnreadableRun[]): string {
  const items = unreadable.map(({ name, problem }) => `<li>${escaped(name)}: ${escaped(problem)}</li>`);
  return `<h2>Event logs that cannot be read</h2><ul>${items.join("")}</ul>`;
}

const timeText = (time: number | undefined): string => (time === undefined ? "–" : new Date(time).toISOString());

function durationText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] as string);
}
