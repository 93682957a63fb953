// State that ends: visits to a site, from the topic "clicks" (key: the visitor, value: the page). A visit is over when nothing came from
// its visitor for half an hour, or for as many seconds as the first argument says; then there is a row, and the state is gone.
// Run: npm run dstream -- run examples/sessions.ts --checkpoint ./sessions-checkpoint -- 60
import { KafkaUtils, type State, StateSpec, StreamingContext, seconds } from "dstream";

interface Visit {
  readonly pages: number;
  readonly first: string;
  readonly last: string;
}

const idle = seconds(Number(process.argv[2] ?? 30 * 60));
const ssc = new StreamingContext({ appName: "sessions", batchInterval: seconds(1) });

const clicks = KafkaUtils.createDirectStream(ssc, { topics: ["clicks"], autoOffsetReset: "earliest" }).map(
  ({ key, value }) => [key ?? "unknown", value] as const,
);

function follow(visitor: string, page: string | undefined, state: State<Visit>): string | undefined {
  const visit = state.getOption();
  if (page === undefined) return `${visitor} saw ${visit?.pages} pages, from ${visit?.first} to ${visit?.last}`;
  state.update({ pages: (visit?.pages ?? 0) + 1, first: visit?.first ?? page, last: page });
  return undefined;
}

clicks.mapWithState(StateSpec.function(follow).timeout(idle).name("visits")).print();

await ssc.start();
await ssc.awaitTermination();
