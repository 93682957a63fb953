import type { Handler } from "../handler.ts";

/** All groups are of the classic type. */
export const listGroups: Handler = ({ broker, reader, writer, version }) => {
  const states = version >= 4 ? reader.array(() => reader.string().toLowerCase()) : [];
  const types = version >= 5 ? reader.array(() => reader.string().toLowerCase()) : [];
  reader.tags();
  const groups = [...broker.groups.all()].filter(
    ([, { state }]) =>
      (states.length === 0 || states.includes(state.toLowerCase())) &&
      (types.length === 0 || types.includes("classic")),
  );
  if (version >= 1) writer.int32(0);
  writer.int16(0).array(groups, ([id, { members, state }]) => {
    writer.string(id).string(members.protocolType);
    if (version >= 4) writer.string(state);
    if (version >= 5) writer.string("classic");
    writer.tags();
  });
  writer.tags();
  return undefined;
};
