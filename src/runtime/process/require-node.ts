// The first import of every entry: it is evaluated before all others, so that an older Node says what it lacks. That holds only while
// no module of the package imports by name what an older Node has not got: such imports fail before anything is evaluated.
import { nodeVersionProblem } from "./node-version.ts";

const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) throw new Error(problem);
