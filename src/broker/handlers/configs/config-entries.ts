/** Where a configuration's value comes from, as Kafka numbers it. */
export const configSource = { topic: 1, broker: 4, standard: 5 } as const;

/** What an entry of DescribeConfigs may be about. */
export const resourceType = { topic: 2, broker: 4 } as const;

/** Types of configurations, as Kafka numbers them. */
export const configType = { BOOLEAN: 1, STRING: 2, INT: 3, LONG: 5, DOUBLE: 6, LIST: 7 } as const;
