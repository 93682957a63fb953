// `node --import=./scripts/from-sources.ts FILE`: in a clone, the names that the package is imported by mean its sources. What is
// published names compiled files only, which a clone does not have until it is built.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const root = new URL("../", import.meta.url);
const { name, exports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
};

const sources = new Map<string, string>();
for (const [entry, target] of Object.entries(exports)) {
  if (typeof target === "string") continue;
  const path = target.default.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts");
  sources.set(`${name}${entry.slice(1)}`, new URL(path, root).href);
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = context.parentURL?.startsWith(root.href) === true ? sources.get(specifier) : undefined;
    return source === undefined
      ? nextResolve(specifier, context)
      : { url: source, format: "module-typescript", shortCircuit: true };
  },
});
