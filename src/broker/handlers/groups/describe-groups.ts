import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { ConsumerGroup } from "../../groups/consumer-group.ts";
import { noAssignment } from "../../groups/group-members.ts";
import { authorizedOperations } from "../authorized-operations.ts";
import type { Handler, RequestContext } from "../handler.ts";

export const describeGroups: Handler = (context) => {
  const { broker, reader, writer, version } = context;
  const ids = reader.array(() => reader.string());
  const wantsOperations = version >= 3 && reader.boolean();
  reader.tags();
  if (version >= 1) writer.int32(0);
  writer.array(ids, (id) => writeGroup(context, id, broker.groups.find(id), wantsOperations));
  writer.tags();
  return undefined;
};

function writeGroup(
  { writer, version }: RequestContext,
  id: string,
  group: ConsumerGroup | undefined,
  wantsOperations: boolean,
): void {
  writer.int16(group === undefined && version >= 6 ? kafkaErrors.GROUP_ID_NOT_FOUND.code : 0);
  if (version >= 6) writer.string(group === undefined ? `Group ${id} not found.` : null);
  const isStable = group?.state === "Stable";
  writer
    .string(id)
    .string(group?.state ?? "Dead")
    .string(group?.members.protocolType ?? "")
    // The protocol and what members say for it hold once they are agreed on.
    .string(isStable ? (group.protocol ?? "") : "");
  writer.array(group?.members.all() ?? [], ({ memberId, instanceId, clientId, clientHost, protocols, assignment }) => {
    const metadata = protocols.find(({ name }) => name === group?.protocol)?.metadata;
    writer.string(memberId);
    if (version >= 4) writer.string(instanceId);
    writer.string(clientId).string(clientHost);
    writer
      .bytes(isStable ? (metadata ?? noAssignment) : noAssignment)
      .bytes(isStable ? assignment : noAssignment)
      .tags();
  });
  if (version >= 3) writer.int32(authorizedOperations("group", wantsOperations));
  writer.tags();
}
