import type { ComponentChildren } from "preact";

/** What may be wider than the page: it is scrolled by itself, also by keyboard. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard (WCAG 2.1.1)
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

interface ColumnsProps {
  readonly names: readonly (string | false)[];
  /** Those of them that are numbers. */
  readonly numbers?: readonly string[];
}

/** The head of a table: its columns that are shown. */
export function Columns({ names, numbers = [] }: ColumnsProps) {
  const shown = names.filter((name) => name !== false);
  return (
    <thead>
      <tr>
        {shown.map((name) => (
          <th key={name} scope="col" class={numbers.includes(name) ? "number" : undefined}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
