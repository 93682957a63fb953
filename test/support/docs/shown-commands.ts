import { readFileSync } from "node:fs";
import { runCommand } from "../run-command.ts";
import { codeBlocks } from "./code-blocks.ts";
import type { Page } from "./pages.ts";

/** A command that a page tells people to run. */
export interface ShownCommand {
  readonly path: string;
  readonly line: number;
  readonly command: string;
}

/** What pages call besides npm and dstream. */
const others = [
  "cd",
  "cp",
  "curl",
  "docker",
  "git",
  "kafka-consumer-groups.sh",
  "mkdir",
  "node",
  "spark-submit",
  "tar",
];

/** What pages run by npx besides dstream. */
const packages = ["esbuild", "tsx"];

/** The commands of a page: the lines of its blocks, without comments, and what stands as inline code. */
export function shownCommands(page: Page): ShownCommand[] {
  const { path } = page;
  const inBlocks = codeBlocks(page)
    .filter(({ language }) => language === "sh")
    .flatMap(({ line, text }) => {
      const rows = text.replaceAll("\\\n", " ").split("\n");
      return rows.flatMap((row) => row.replace(/(^|\s+)# .*$/, "").split("&&")).map((command) => ({ line, command }));
    });
  const inline = page.lines.flatMap((row, index) =>
    [...row.matchAll(/`((?:npm run|dstream) [^`]+)`/g)].map(([, command = ""]) => ({ line: index + 1, command })),
  );
  const commands = [...inBlocks, ...inline].map(({ line, command }) => ({ path, line, command: command.trim() }));
  return commands.filter(({ command }) => command !== "");
}

/** What is wrong with a command, if anything: a script, sub-command, action or flag that there is not. */
export async function problemOf({ path, line, command }: ShownCommand): Promise<string | undefined> {
  // Variables of the environment come before the command.
  const words = command.replace(/^(?:[A-Z_]+=(?:"[^"]*"|\S*)\s+)+/, "").split(/\s+/);
  const [name = "", subcommand, script = ""] = words;
  const isScript = name === "npm" && subcommand === "run";
  if (isScript && !scripts().includes(script)) return `${path}:${line}: there is no script ${script}`;
  const isOurs =
    name.split("/").at(-1) === "dstream" ||
    (name === "npx" && subcommand === "dstream") ||
    (isScript && script === "dstream");
  if (!isOurs) {
    const isKnown =
      name === "npm" ||
      others.includes(name.split("/").at(-1) ?? "") ||
      (name === "npx" && packages.includes(subcommand ?? ""));
    return isKnown ? undefined : `${path}:${line}: what is ${name}?`;
  }
  const args = argumentsOf(words.slice(isScript ? 4 : name === "npx" ? 2 : 1));
  const { code, output, errors } = await runCommand([...args, "--help"]);
  if (code !== 0) return `${path}:${line}: ${command}: ${errors.split("\n")[0]}`;
  const actions = /^usage: dstream \w+ (\w+(?:\|\w+)+)/.exec(output)?.[1]?.split("|");
  const [, action = ""] = args;
  return actions === undefined || actions.includes(action)
    ? undefined
    : `${path}:${line}: no action ${action} in ${command}`;
}

/** Those of dstream itself: not the job's own, no placeholders, of alternatives the first. */
function argumentsOf(words: readonly string[]): string[] {
  const text = words
    .join(" ")
    .replace(/[[\]"]/g, "")
    .replaceAll(/(\w+)\\?\|[\w\\|]+/g, "$1");
  const [own = ""] = text.split(" -- ");
  return own.split(" ").filter((word) => !["", "COMMAND", "…", "--help"].includes(word));
}

function scripts(): string[] {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  return Object.keys(manifest.scripts);
}
