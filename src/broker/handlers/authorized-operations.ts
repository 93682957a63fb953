/** Operations that anybody may do, as Kafka numbers them in a bit each: without security, all that there are. */
const operations = { cluster: 8_096, topic: 3_576, group: 3_400 } as const;
const notAsked = -2_147_483_648;

/** What the client may do with such a thing, where it asked. */
export function authorizedOperations(kind: keyof typeof operations, isAsked: boolean): number {
  return isAsked ? operations[kind] : notAsked;
}
