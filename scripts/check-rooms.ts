// npm run lint: the folders of src, its rooms, stand above one another as the table in docs/architecture.md says. A file imports from
// its own room and those below it; no files import one another in a circle, types apart; no folder has more than 15 files; no module
// keeps what is one per process (module-state.ts), and none reaches for what is the machine's (machine-uses.ts).
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { allowedOf, sectionOf } from "./allowed-files.ts";
import { machineFindings } from "./machine-uses.ts";
import { stateFindings } from "./module-state.ts";

const filesMax = 15;

export interface Rooms {
  /** From top to bottom. */
  readonly order: readonly string[];
  /** The text of each file, by its path from the root: "src/plan/plan.ts". */
  readonly files: ReadonlyMap<string, string>;
}

/** What is wrong, a line each. */
export function findings({ order, files }: Rooms): string[] {
  return [...unlisted({ order, files }), ...upwards({ order, files }), ...circles(files), ...crowded(files)];
}

function unlisted({ order, files }: Rooms): string[] {
  const rooms = new Set([...files.keys()].flatMap((file) => roomOf(file) ?? []));
  return [
    ...[...rooms].filter((room) => !order.includes(room)).map((room) => `src/${room} is not in the table of rooms`),
    ...order.filter((room) => !rooms.has(room)).map((room) => `the table of rooms has ${room}, which is not there`),
  ];
}

function upwards({ order, files }: Rooms): string[] {
  const found: string[] = [];
  for (const [file, text] of files) {
    const from = roomOf(file);
    if (from === undefined) continue;
    for (const target of importsOf(file, text, "all")) {
      const to = roomOf(target);
      if (to !== undefined && order.indexOf(to) < order.indexOf(from)) found.push(`${file} imports upwards: ${target}`);
    }
  }
  return found;
}

/** Files that import one another in a circle, as they run. */
function circles(files: ReadonlyMap<string, string>): string[] {
  const imports = new Map([...files].map(([file, text]) => [file, importsOf(file, text, "values")]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) found.push(`a circle of imports: ${[...way.slice(at), file].join(" > ")}`);
    if (at >= 0 || done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return found;
}

function crowded(files: ReadonlyMap<string, string>): string[] {
  const folders = Map.groupBy(files.keys(), (file) => dirname(file));
  return [...folders]
    .filter(([, inside]) => inside.length > filesMax)
    .map(([folder, inside]) => `${folder} has ${inside.length} files side by side, more than ${filesMax}`);
}

/** The room of a file; none for what stands in src itself. */
function roomOf(file: string): string | undefined {
  const parts = file.split("/");
  return parts.length > 2 ? parts[1] : undefined;
}

function importsOf(file: string, text: string, kind: "all" | "values"): string[] {
  const found = text.matchAll(/^(import|export)(\s+type)?\s[^;"]*?"(\.[^"]+)"|import\("(\.[^"]+)"\)/gm);
  return [...found].flatMap(([, , type, target, dynamic]) => {
    if (kind === "values" && (type !== undefined || dynamic !== undefined)) return [];
    return [
      normalize(join(dirname(file), (target ?? dynamic) as string))
        .split(sep)
        .join("/"),
    ];
  });
}

/** The rooms of the table in a text of Markdown, under the heading "Rooms": rows that begin with a folder in backquotes. */
export function roomsOf(markdown: string): string[] {
  return [...sectionOf(markdown, "Rooms").matchAll(/^\| `([a-z-]+)\/` \|/gm)].map(([, room]) => room as string);
}

if (import.meta.main) {
  const page = readFileSync("docs/architecture.md", "utf8");
  const order = roomsOf(page);
  const paths = globSync("src/**/*.ts").filter((path) => !path.endsWith(".test.ts") && !path.includes("/gen/"));
  const files = new Map(paths.sort().map((path) => [path.split(sep).join("/"), readFileSync(path, "utf8")]));
  const found = [
    ...findings({ order, files }),
    ...stateFindings(files, allowedOf(page, "What is one per process")),
    ...machineFindings(files, allowedOf(page, "What reaches for the machine itself")),
  ];
  for (const finding of found) console.error(finding);
  if (found.length > 0) process.exitCode = 1;
  else console.log(`${order.length} rooms, ${files.size} files: imports point downwards`);
}
