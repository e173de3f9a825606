import { readFileSync } from "node:fs";
import { type GoType, readGoTypes } from "./types.ts";

/** A field as Go's struct tags describe it, with inlined structs already flattened. */
export interface StructField {
  /** JSON name. */
  readonly name: string;
  readonly type: GoType;
  /** Left out of JSON when it has its zero value. */
  readonly omitEmpty: boolean;
  /** Protobuf field number; absent for fields that protobuf does not carry. */
  readonly number: number | undefined;
  /** Whether the protobuf tag says that the field repeats. */
  readonly repeated: boolean;
  /** Numbers of the messages that the field lies in on the wire, though JSON shows it inline. */
  readonly inside: readonly number[];
  readonly patchStrategy: string | undefined;
  readonly patchMergeKey: string | undefined;
}

/**
 * Indexes the named structs of several executables by import path and name, e.g. `k8s.io/api/core/v1.Pod`. What an earlier
 * executable has wins.
 */
export function indexStructs(executables: readonly string[]): Map<string, GoType> {
  const structs = new Map<string, GoType>();
  for (const executable of executables) {
    for (const type of readGoTypes(readFileSync(executable))) {
      if (type.kind !== "struct" || type.package === "" || !type.package.startsWith("k8s.io/")) continue;
      const key = `${type.package}.${type.name}`;
      if (!structs.has(key)) structs.set(key, type);
    }
  }
  return structs;
}

/** Lists a struct's JSON fields in the order of the Go source. */
export function structFields(struct: GoType, inside: readonly number[] = []): StructField[] {
  return (struct.fields ?? []).flatMap((field): StructField[] => {
    const json = tagValue(field.tag, "json");
    const [name, ...options] = (json ?? field.name).split(",");
    const [, number, label] = (tagValue(field.tag, "protobuf") ?? "").split(",");
    const wireNumber = number === undefined ? undefined : Number(number);
    if (name === "-" || (json === undefined && !field.embedded)) return [];
    if (name === "") {
      const embedded = field.type.kind === "pointer" ? field.type.element! : field.type;
      if (wireNumber !== undefined) return structFields(embedded, [...inside, wireNumber]);
      // Such as TypeMeta: protobuf carries none of its fields.
      return structFields(embedded, inside).map((inner) => ({ ...inner, number: undefined }));
    }
    return [
      {
        name: name!,
        type: field.type,
        omitEmpty: options.includes("omitempty") || options.includes("omitzero"),
        number: wireNumber,
        repeated: label === "rep",
        inside,
        patchStrategy: tagValue(field.tag, "patchStrategy"),
        patchMergeKey: tagValue(field.tag, "patchMergeKey"),
      },
    ];
  });
}

function tagValue(tag: string, key: string): string | undefined {
  return new RegExp(`(?:^|\\s)${key}:"([^"]*)"`).exec(tag)?.[1];
}
