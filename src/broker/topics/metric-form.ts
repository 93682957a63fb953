/** Names with the same form are the same in the names of metrics, so Kafka allows only one of them. */
export function metricForm(name: string): string {
  return name.replaceAll(".", "_");
}
