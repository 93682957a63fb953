import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

// The public surface as text: what each entry point exports, and what that names, from the declarations that are published. A
// test compares it with docs/reference/api, so that a change of the surface is seen; `npm run api` writes it anew.

interface DeclarationFile {
  /** Statements by the name they declare. */
  readonly declared: ReadonlyMap<string, string>;
  /** By the name here: where it is from, and what it is called there. */
  readonly imported: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
  readonly exported: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
}

/** Reports by the name of their file. */
export function apiReports(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "dstream-api-"));
  try {
    const options = ["--emitDeclarationOnly", "--noCheck"];
    execFileSync(join("node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json", "--outDir", folder, ...options]);
    const { name, exports } = JSON.parse(readFileSync("package.json", "utf8"));
    const reports = new Map<string, string>();
    const reported = new Set<string>();
    for (const [path, { types }] of Object.entries<{ types?: string }>(exports)) {
      if (types === undefined) continue;
      const entry = join(folder, types.replace(/^\.\/dist\//, ""));
      reports.set(`${path === "." ? name : path.slice(2)}.md`, report(join(name, path), entry, reported));
    }
    return reports;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of one entry point, without what earlier ones have. */
function report(title: string, entry: string, reported: Set<string>): string {
  const files = new Map<string, DeclarationFile>();
  const fileAt = (path: string): DeclarationFile => {
    const file = files.get(path) ?? parse(path);
    files.set(path, file);
    return file;
  };
  /** The statements that were found, by file and name: a name may be declared in two files. */
  const found = new Map<string, string>();
  const find = (path: string, name: string): void => {
    const file = fileAt(path);
    const elsewhere = file.exported.get(name) ?? file.imported.get(name);
    if (elsewhere !== undefined) {
      find(elsewhere.path, elsewhere.name);
      return;
    }
    const statement = file.declared.get(name);
    if (statement === undefined || reported.has(`${path} ${name}`)) return;
    reported.add(`${path} ${name}`);
    found.set(`${path} ${name}`, statement);
    for (const [word] of statement.matchAll(/\b[A-Za-z_]\w*\b/g)) {
      if (word !== name && (file.declared.has(word) || file.imported.has(word))) find(path, word);
    }
  };
  const { declared, exported } = fileAt(entry);
  const isPublic = (name: string): boolean => declared.get(name)?.startsWith("export ") === true;
  const names = [...exported.keys(), ...[...declared.keys()].filter(isPublic)].sort();
  for (const name of names) find(entry, name);
  const all = [...found].map(([key, statement]) => ({ name: key.slice(key.lastIndexOf(" ") + 1), statement }));
  const text = (wanted: (name: string) => boolean): string =>
    all
      .filter(({ name }) => wanted(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ statement }) => statement.replace(/^(export )?(declare )?/, ""))
      .join("\n\n");
  const others = text((name) => !names.includes(name));
  const behind = others === "" ? "" : `\n## Named by these, not exported\n\n\`\`\`ts\n${others}\n\`\`\`\n`;
  const head = `# ${title}\n\nThe public surface, from the declarations. Written by \`npm run api\`.\n`;
  return `${head}\n\`\`\`ts\n${text((name) => names.includes(name))}\n\`\`\`\n${behind}`;
}

function parse(path: string): DeclarationFile {
  const file = { declared: new Map(), imported: new Map(), exported: new Map() };
  for (const statement of statementsOf(readFileSync(path, "utf8"))) {
    const [, word, list, from] = /^(import|export) (?:type )?\{([^}]*)\} from "(\.[^"]*)";$/.exec(statement) ?? [];
    if (list !== undefined && from !== undefined) {
      const target = resolve(dirname(path), from.replace(/\.(ts|js)$/, ".d.ts"));
      for (const item of list.split(",").map((text) => text.trim().replace(/^type /, ""))) {
        const [name, here = name] = item.split(" as ");
        if (item !== "") file[word === "import" ? "imported" : "exported"].set(here, { path: target, name });
      }
      continue;
    }
    const name = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/.exec(
      statement,
    );
    if (name !== null) file.declared.set(name[1], statement);
  }
  return file;
}

/** The top-level statements of a declaration file, without comments; two spaces deep where the compiler has four. */
function statementsOf(text: string): string[] {
  const statements: string[] = [];
  let lines: string[] = [];
  let depth = 0;
  for (const line of text.replaceAll(/\/\*\*[\s\S]*?\*\//g, "").split("\n")) {
    if (line.trim() === "" || line.trim() === "#private;") continue;
    lines.push(line.replace(/^ +/, (spaces) => " ".repeat(spaces.length / 2)));
    depth += (line.match(/[{[(]/g)?.length ?? 0) - (line.match(/[}\])]/g)?.length ?? 0);
    if (depth > 0 || !/[;}]$/.test(line)) continue;
    statements.push(lines.join("\n"));
    lines = [];
  }
  return statements;
}

if (import.meta.main) {
  for (const [name, text] of apiReports()) writeFileSync(join("docs/reference/api", name), text);
}
