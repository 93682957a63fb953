import type { OperatorView } from "../job-description.ts";
import type { JobView } from "../views/page-data.ts";
import { bytes, plural, rate, shortCount } from "./format.ts";
import { Columns, Scroll } from "./table.tsx";

const [width, height, gapX, gapY] = [190, 56, 70, 18];

/** The operators as the program named them, from inputs to outputs, with the rows of the last batch on the arrows. */
export function Graph({ view }: { readonly view: JobView }) {
  const { job, status } = view;
  const places = layout(job.operators);
  const state = new Map(status.operatorState.map((each) => [each.operator, each]));
  const columns = Math.max(1, ...[...places.values()].map(({ column }) => column + 1));
  const rows = Math.max(1, ...[...places.values()].map(({ row }) => row + 1));
  const text = (name: string): string | undefined => {
    const number = status.rows[name];
    return number === undefined ? undefined : rate((number * 1_000) / job.batchInterval);
  };
  const stageOf = (name: string): number | undefined =>
    status.stages.find(({ operators }) => operators.includes(name))?.stage;
  return (
    <section aria-labelledby="graph">
      <h2 id="graph">Graph</h2>
      <Scroll label="The job's operators">
        <svg
          class="graph"
          width={columns * (width + gapX)}
          height={rows * (height + gapY)}
          role="img"
          aria-label={`${plural(job.operators.length, "operator")}; the table below says the same`}
        >
          {job.operators.flatMap(({ name, parents }) =>
            parents.map((parent) => (
              <Arrow key={`${parent}→${name}`} from={places.get(parent)} to={places.get(name)} />
            )),
          )}
          {job.operators.map((operator) => (
            <Box
              key={operator.name}
              operator={operator}
              place={places.get(operator.name) as Place}
              lines={[text(operator.name), stateText(state.get(operator.name))].filter((line) => line !== undefined)}
            />
          ))}
        </svg>
      </Scroll>
      <details>
        <summary>As a table</summary>
        <Scroll label="Table of operators">
          <table>
            <Columns names={["Operator", "Stage", "After", "Rows", "State", "In the program"]} />
            <tbody>
              {job.operators.map(({ name, parents, site }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{stageOf(name) ?? "–"}</td>
                  <td>{parents.join(", ")}</td>
                  <td>{text(name) ?? "–"}</td>
                  <td>{stateText(state.get(name)) ?? "–"}</td>
                  <td>{site ?? "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </section>
  );
}

interface Place {
  readonly column: number;
  readonly row: number;
}

/** A column further to the right than all of its parents; below each other in the order of the program. */
function layout(operators: readonly OperatorView[]): Map<string, Place> {
  const places = new Map<string, Place>();
  const filled: number[] = [];
  for (const { name, parents } of operators) {
    const column = Math.max(0, ...parents.map((parent) => (places.get(parent)?.column ?? -1) + 1));
    const row = filled[column] ?? 0;
    filled[column] = row + 1;
    places.set(name, { column, row });
  }
  return places;
}

function Arrow({ from, to }: { readonly from: Place | undefined; readonly to: Place | undefined }) {
  if (from === undefined || to === undefined) return null;
  const [x1, y1] = [from.column * (width + gapX) + width, from.row * (height + gapY) + height / 2];
  const [x2, y2] = [to.column * (width + gapX) - 6, to.row * (height + gapY) + height / 2];
  const middle = (x1 + x2) / 2;
  return (
    <g class="arrow">
      <path d={`M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`} />
      <path class="tip" d={`M${x2} ${y2 - 4} l6 4 l-6 4 z`} />
    </g>
  );
}

interface BoxProps {
  readonly operator: OperatorView;
  readonly place: Place;
  readonly lines: readonly string[];
}

function Box({ operator: { name, site, kind }, place, lines }: BoxProps) {
  const [x, y] = [place.column * (width + gapX), place.row * (height + gapY)];
  return (
    <g class={`box ${kind}`} transform={`translate(${x} ${y})`}>
      <title>{[name, site].filter(Boolean).join("\n")}</title>
      <rect width={width} height={height} rx="6" />
      <text x="10" y="20">
        {shortened(name, 24)}
      </text>
      <text x="10" y="36" class="small">
        {shortened(lines.join(", "), 32)}
      </text>
      <text x="10" y="50" class="small">
        {shortened(site ?? "", 32)}
      </text>
    </g>
  );
}

function stateText(state: { readonly entries: number | undefined; readonly bytes: number } | undefined) {
  return state === undefined ? undefined : `${shortCount(state.entries)} entries, ${bytes(state.bytes)}`;
}

/** From its end, where names of files differ. */
const shortened = (text: string, most: number): string => (text.length <= most ? text : `…${text.slice(1 - most)}`);
