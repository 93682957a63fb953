import type { Case } from "./case.ts";
import { absentRDDs } from "./tables/absent-rdds.ts";
import { basicOperations } from "./tables/basic-operations.ts";
import { joinCases } from "./tables/joins.ts";
import { joinsInPlace } from "./tables/joins-in-place.ts";
import { keysAndValues } from "./tables/keys-and-values.ts";
import { mapWithState } from "./tables/map-with-state.ts";
import { pairOperations } from "./tables/pair-operations.ts";
import { sharedVariables } from "./tables/shared-variables.ts";
import { stateRules } from "./tables/state-rules.ts";
import { transformCases } from "./tables/transform.ts";
import { transformOperators } from "./tables/transform-operators.ts";
import { updateStateByKey } from "./tables/update-state-by-key.ts";
import { updateStateByPartition } from "./tables/update-state-by-partition.ts";
import { windowRules } from "./tables/window-rules.ts";
import { windows } from "./tables/windows.ts";

/** Cases of windows and keyed state. */
export const statefulCases: readonly Case[] = [
  ...updateStateByKey,
  ...updateStateByPartition,
  ...mapWithState,
  ...stateRules,
  ...windows,
  ...windowRules,
  ...absentRDDs,
];

/** The shared case table. */
export const allCases: readonly Case[] = [
  ...basicOperations,
  ...pairOperations,
  ...keysAndValues,
  ...joinCases,
  ...joinsInPlace,
  ...sharedVariables,
  ...transformCases,
  ...transformOperators,
  ...statefulCases,
];
