import {
  CORE_SCHEMA,
  DUMP_SCHEMA,
  defineScalarTag,
  intCoreTag,
  intYaml11Tag,
  NOT_RESOLVED,
  type Schema,
} from "js-yaml";
import { exactInteger } from "../../base/exact-json.ts";

/** Loads the YAML library: only for who needs it anyway. */

const INTEGER = "tag:yaml.org,2002:int";

/** YAML's core schema, with integers of 64 bits exact: bigints where numbers would not do. */
export const readSchema: Schema = CORE_SCHEMA.withTags(
  defineScalarTag(INTEGER, {
    ...intCoreTag,
    resolve(source: string, isExplicit: boolean, name: string) {
      const value = intCoreTag.resolve(source, isExplicit, name);
      return value === NOT_RESOLVED ? value : exactInteger("", value, { source: source.replace(/^\+/, "") });
    },
  }),
);

/** The library's own schema for writing, with bigints as the integers that they are. */
const writeSchema: Schema = DUMP_SCHEMA.withTags(
  defineScalarTag(INTEGER, {
    ...intYaml11Tag,
    identify: (value: unknown) => typeof value === "bigint" || intYaml11Tag.identify(value),
    represent: (value: unknown) => String(value),
  }),
);

/** For whoever writes objects: parts of them may be shared in this process, which is nothing to tell (`&ref_0`). */
export const writeOptions = { schema: writeSchema, noRefs: true };
