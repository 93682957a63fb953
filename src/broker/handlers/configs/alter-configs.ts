import type { Handler } from "../handler.ts";
import { changeConfigs, entriesProblem } from "./change-config.ts";

/** Replaces configurations of topics whole: what is not named goes back to its default. */
export const alterConfigs: Handler = ({ broker, reader, writer }) => {
  const resources = reader.array(() => {
    const [type, name] = [reader.int8(), reader.string()];
    const entries = reader.array(() => {
      const entry = { key: reader.string(), value: reader.nullableString() };
      reader.tags();
      return entry;
    });
    reader.tags();
    return { type, name, entries };
  });
  const isTrial = reader.boolean();
  reader.tags();
  const results = changeConfigs(
    broker,
    resources,
    isTrial,
    (_, { entries }) =>
      entriesProblem(entries) ?? Object.fromEntries(entries.map(({ key, value }) => [key, value as string])),
  );
  writer.int32(0).array(results, ({ type, name, errorCode, message }) => {
    writer.int16(errorCode).string(message).int8(type).string(name).tags();
  });
  writer.tags();
  return undefined;
};
