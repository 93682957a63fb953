import type { JobView } from "../views/page-data.ts";
import { count, shortCount } from "./format.ts";
import { Columns, Scroll } from "./table.tsx";

/** Where the job stands in its topics. */
export function Offsets({ view }: { readonly view: JobView }) {
  const { offsets } = view.status;
  if (offsets.length === 0) return null;
  const withLag = offsets.some(({ lag }) => lag !== undefined);
  return (
    <section aria-labelledby="offsets">
      <h2 id="offsets">Offsets</h2>
      <Scroll label="Table of offsets">
        <table>
          <Columns names={["Partition", "Stream", "Next offset", withLag && "Lag"]} numbers={["Next offset", "Lag"]} />
          <tbody>
            {offsets.map(({ topic, partition, source, offset, lag }) => (
              <tr key={`${source} ${topic} ${partition}`}>
                <th scope="row">
                  {topic} {partition ?? "(all)"}
                </th>
                <td>{source}</td>
                <td class="number">{count(offset)}</td>
                {withLag && <td class="number">{shortCount(lag)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

/** Whether receivers run, and what was last wrong with them. */
export function Receivers({ view }: { readonly view: JobView }) {
  const { receivers } = view.status;
  if (receivers.length === 0) return null;
  return (
    <section aria-labelledby="receivers">
      <h2 id="receivers">Receivers</h2>
      <ul>
        {receivers.map(({ streamId, name, active, lastErrorMessage }) => (
          <li key={streamId}>
            <span class={`dot ${active ? "completed" : "failed"}`} aria-hidden="true" /> {name}:{" "}
            {active ? "receives" : "is stopped"}
            {lastErrorMessage !== undefined && <span class="error">{lastErrorMessage}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The job's settings. */
export function Configuration({ view }: { readonly view: JobView }) {
  return (
    <section aria-labelledby="configuration">
      <h2 id="configuration">Configuration</h2>
      <details>
        <summary>{count(Object.keys(view.job.configuration).length)} settings</summary>
        <Scroll label="Table of settings">
          <table>
            <tbody>
              {Object.entries(view.job.configuration).map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </section>
  );
}
