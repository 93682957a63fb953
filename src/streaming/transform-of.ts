import type { TransformNode } from "../plan/graph/nodes/transform.ts";
import { checkTogether } from "./check-together.ts";
import type { JobBuilder } from "./context/job-builder.ts";
import type { DStream } from "./dstream.ts";
import { buildTransform, type TransformFunction } from "./rdd/homes/batch-home.ts";
import type { StreamOf } from "./stream-of.ts";

/** A stream of what `f` makes of the RDDs of streams. @throws ILLEGAL_STATE for no stream, or streams of different contexts or slides. */
export function transformOf<U>(
  operator: string,
  streams: readonly DStream<any>[],
  f: TransformFunction,
  job?: JobBuilder,
): StreamOf<U> {
  checkTogether(operator, streams, job);
  const { internals } = streams[0] as DStream<any>;
  const { runtime } = internals.context.options;
  const transform = { operator, site: undefined as string | undefined };
  const node = internals.add<TransformNode>({
    kind: "transform",
    operator,
    parents: streams.map((stream) => stream.internals.node),
    build: (parents, batch) => buildTransform(f, parents, batch, transform, runtime),
  });
  transform.site = node.site;
  return internals.stream(node) as StreamOf<U>;
}
