// node --import=…/plant.ts: the mutant that DSTREAM_MUTANT names is in the sources that this process loads.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { mutants } from "./mutants.ts";

const name = process.env.DSTREAM_MUTANT;
const mutant = mutants.find((candidate) => candidate.name === name);
if (mutant === undefined) throw new Error(`there is no mutant "${name}"`);
const { file, find, replace } = mutant;
const url = new URL(`../../../src/${file}`, import.meta.url).href;

registerHooks({
  load(loaded, context, next) {
    if (loaded !== url) return next(loaded, context);
    const text = readFileSync(new URL(url), "utf8");
    if (text.split(find).length !== 2) throw new Error(`${file} has not exactly one place for "${name}"`);
    return { format: "module-typescript", source: text.replace(find, () => replace), shortCircuit: true };
  },
});
