import { existsSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";

/** Packages whose only purpose is to load a native add-on for another one. */
const loaders: ReadonlySet<string> = new Set([
  "@mapbox/node-pre-gyp",
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "node-pre-gyp",
  "pkg-prebuilds",
]);

/** Whether an import loads native code whatever it finds: an add-on itself, or a loader of add-ons. */
export function loadsNativeCode(specifier: string): boolean {
  return specifier.endsWith(".node") || loaders.has(packageNameOf(specifier));
}

/**
 * Whether a package is a front for native code that comes in packages for each platform; its own code tries them one after the
 * other, so that it cannot be told from its imports.
 */
export function isNativeFront(packageFolder: string): boolean {
  const own = packageFile(packageFolder);
  if (own.napi !== undefined) return true;
  return Object.keys(own.optionalDependencies ?? {}).some((name) => {
    const folder = installedFolder(name, packageFolder);
    return (
      folder !== undefined && /\.node"/.test(JSON.stringify([packageFile(folder).main, packageFile(folder).exports]))
    );
  });
}

/** The dependency that a file belongs to. Undefined for a file of the job's own. */
export function packageOf(file: string): { readonly name: string; readonly folder: string } | undefined {
  const marker = `${sep}node_modules${sep}`;
  const start = file.lastIndexOf(marker) + marker.length;
  if (start < marker.length) return undefined;
  const name = packageNameOf(file.slice(start).replaceAll(sep, "/"));
  return { name, folder: join(file.slice(0, start), name) };
}

/** "@scope/name" of "@scope/name/file.js". */
export function packageNameOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

interface PackageFile {
  readonly main?: string;
  readonly exports?: unknown;
  readonly napi?: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function packageFile(folder: string): PackageFile {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return {};
  }
}

function installedFolder(name: string, from: string): string | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}
