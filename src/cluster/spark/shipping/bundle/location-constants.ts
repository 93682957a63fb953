import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

const mentions = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/;
const moduleFile = /\.([cm]?)([jt])s$/;

/**
 * Keeps the identity of modules in a bundle: `import.meta.url` and its like stay what they were in the module's own file. A test
 * job is recognised by it.
 */
export const locationConstants: Plugin = {
  name: "location-constants",
  setup({ esbuild, onLoad }) {
    onLoad({ filter: moduleFile }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      if (!mentions.test(source)) return undefined;
      const [filename, folder] = [JSON.stringify(path), JSON.stringify(dirname(path))];
      const { code, warnings } = await esbuild.transform(source, {
        loader: moduleFile.exec(path)?.[2] === "t" ? "ts" : "js",
        define: {
          "import.meta.url": JSON.stringify(pathToFileURL(path).href),
          "import.meta.filename": filename,
          "import.meta.dirname": folder,
          "import.meta.main": "false",
          __filename: filename,
          __dirname: folder,
        },
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: "esnext" } },
        target: "node24",
        sourcefile: basename(path),
        sourcemap: "inline",
        sourcesContent: false,
        logLevel: "silent",
      });
      return { contents: code, loader: "js", warnings };
    });
  },
};
