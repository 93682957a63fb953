import type { Span } from "../../listeners/facts/task-facts.ts";
import { duration } from "./format.ts";

export interface GanttRow {
  readonly name: string;
  readonly span: Span;
  readonly kind: "phase" | "stage" | "task" | "output";
  readonly note?: string;
}

/** When each thing of a batch began and how long it took, one below the other. */
export function Gantt({ title, rows }: { readonly title: string; readonly rows: readonly GanttRow[] }) {
  if (rows.length === 0) return null;
  const from = Math.min(...rows.map(({ span }) => span.start));
  const to = Math.max(...rows.map(({ span }) => span.start + span.ms));
  const whole = Math.max(to - from, 0.001);
  return (
    <table class="gantt">
      <caption>
        {title}, {duration(whole)} in all
      </caption>
      <tbody>
        {rows.map(({ name, span, kind, note }) => {
          const text = `${duration(span.ms)}${note === undefined ? "" : `, ${note}`}`;
          const left = (100 * (span.start - from)) / whole;
          const width = Math.max((100 * span.ms) / whole, 0.2);
          return (
            <tr key={name} class={kind}>
              <th scope="row">{name}</th>
              <td>
                <svg width="100%" height="14" aria-hidden="true">
                  <rect x={`${left}%`} y="2" width={`${width}%`} height="10" />
                </svg>
              </td>
              <td class="number">{text}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
