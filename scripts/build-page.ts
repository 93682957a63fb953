// npm run build:page: the job's page as it is served, in dist/page: one script, one style sheet, one document. Nothing of it is loaded
// from elsewhere.
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const from = fileURLToPath(new URL("../src/ui/page/", import.meta.url));
const to = fileURLToPath(new URL("../dist/page/", import.meta.url));

mkdirSync(to, { recursive: true });
await build({
  entryPoints: { page: `${from}main.tsx`, "page-styles": `${from}page.css` },
  outdir: to,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "inline",
  logLevel: "warning",
});
copyFileSync(`${from}index.html`, `${to}index.html`);
