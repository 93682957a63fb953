import type { StateAnswer, StateOperatorView } from "../../ui/views/state-data.ts";
import { type Command, integer, NothingFound, parsedKey, UsageError } from "../arguments.ts";
import { askPage, jobPage } from "../ask-page.ts";
import { printLine } from "../terminal.ts";

export const state: Command = {
  usage: "state URL [OPERATOR [KEY]]",
  help: `the state of a job that runs, from its page (dstream run --ui, with ui.showState in the program); of one that does not run:
dstream checkpoint state. Without OPERATOR: the operators and how much they have. KEY is JSON: '"tea"', 7, '["a", 1]'
  --limit N      entries of an operator that are shown; default 20, at most 1,000
  --token T      the page's token; default: the URL's ?token=T, else DSTREAM_UI_TOKEN`,
  options: { limit: { type: "string" }, token: { type: "string" } },
  maxArguments: 3,
  async run({ positionals: [url, operator, key], values }, { output }) {
    if (url === undefined) throw new UsageError("URL is missing");
    const page = jobPage(url, values);
    const limit = integer(values, "limit", 1) ?? 20;
    if (key !== undefined) parsedKey(key);
    if (operator === undefined) {
      const operators = await askPage<readonly StateOperatorView[]>(page, "api/v1/state");
      for (const { operator: name, entries, bytes } of operators) {
        await printLine(output, `${name}: ${entries ?? "–"} entries, ${bytes} bytes in files`);
      }
      return;
    }
    const query = key === undefined ? `limit=${limit}` : `key=${encodeURIComponent(key)}`;
    const answer = await askPage<StateAnswer>(page, `api/v1/state/${encodeURIComponent(operator)}?${query}`);
    for (const { key: each, state: value } of answer.entries)
      await printLine(output, `{"key":${each},"state":${value}}`);
    if (answer.hasMore) await printLine(output, "… there are more: --limit");
    if (answer.entries.length > 0) return;
    throw new NothingFound(
      key === undefined ? `${operator} has no state` : `${operator} has no state for the key ${key}`,
    );
  },
};
