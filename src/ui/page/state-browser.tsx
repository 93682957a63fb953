import { useState } from "preact/hooks";
import type { JobView } from "../views/page-data.ts";
import { skewOf } from "../views/skew.ts";
import type { StateAnswer, StateOperatorView } from "../views/state-data.ts";
import { ask, refusalText } from "./api.ts";
import { bytes, count } from "./format.ts";
import { Columns, Scroll } from "./table.tsx";

const limit = 20;
const numbers = ["Entries", "In files", "Largest bucket : mean"];

/** Operators with state, how even their buckets are, and one key's state where the job shows it. */
export function StateBrowser({ view }: { readonly view: JobView }) {
  const { operatorState } = view.status;
  const [operators, setOperators] = useState<readonly StateOperatorView[]>([]);
  const [refusal, setRefusal] = useState<string | undefined>();
  if (operatorState.length === 0) return null;
  const load = (): void => {
    ask<readonly StateOperatorView[]>("state").then(setOperators, (error: unknown) => setRefusal(refusalText(error)));
  };
  return (
    <section aria-labelledby="state">
      <h2 id="state">State</h2>
      <Scroll label="Table of operators with state">
        <table>
          <Columns names={["Operator", ...numbers]} numbers={numbers} />
          <tbody>
            {operatorState.map(({ operator, entries, bytes: size }) => (
              <tr key={operator}>
                <th scope="row">{operator}</th>
                <td class="number">{count(entries)}</td>
                <td class="number">{bytes(size)}</td>
                <td class="number">{skewText(operators.find((each) => each.operator === operator))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {view.showsBuckets && (
        <button type="button" onClick={load}>
          Look at the buckets
        </button>
      )}
      {refusal !== undefined && <p class="error">{refusal}</p>}
      {view.showsState && <KeyQuery operators={operatorState.map(({ operator }) => operator)} />}
    </section>
  );
}

function KeyQuery({ operators }: { readonly operators: readonly string[] }) {
  const [operator, setOperator] = useState(operators[0] ?? "");
  const [key, setKey] = useState("");
  const [answer, setAnswer] = useState<StateAnswer | undefined>();
  const [refusal, setRefusal] = useState<string | undefined>();
  const submit = (event: Event): void => {
    event.preventDefault();
    const query = key.trim() === "" ? `limit=${limit}` : `key=${encodeURIComponent(key)}`;
    setRefusal(undefined);
    setAnswer(undefined);
    ask<StateAnswer>(`state/${encodeURIComponent(operator)}?${query}`).then(setAnswer, (error: unknown) =>
      setRefusal(refusalText(error)),
    );
  };
  return (
    <form class="query" onSubmit={submit}>
      <label>
        Operator{" "}
        <select value={operator} onChange={(event) => setOperator(event.currentTarget.value)}>
          {operators.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Key, as JSON{" "}
        <input
          value={key}
          placeholder={`"tea", or nothing for the first ${limit}`}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Show</button>
      {refusal !== undefined && (
        <p class="error" role="alert">
          {refusal}
        </p>
      )}
      {answer !== undefined && (
        <pre class="answer" role="status">
          {answer.entries.length === 0
            ? "no state"
            : answer.entries.map(({ key: each, state }) => `${each}  ${state}`).join("\n")}
          {answer.hasMore && "\n…"}
        </pre>
      )}
    </form>
  );
}

function skewText(operator: StateOperatorView | undefined): string {
  const skew = skewOf(operator?.bytesByBucket ?? []);
  return skew === undefined ? "–" : `${skew.toFixed(1)} ×`;
}
