const longest = 249;

/** Kafka's words for what is wrong with a topic's name; undefined: nothing is. */
export function topicNameProblem(name: string): string | undefined {
  if (name === "") return "Topic name is invalid: the empty string is not allowed";
  if (name === "." || name === "..") return `Topic name is invalid: '${name}' is not allowed`;
  if (name.length > longest)
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${longest}`;
  return /^[a-zA-Z0-9._-]+$/.test(name)
    ? undefined
    : `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
}
