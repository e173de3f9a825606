import type { KindDefinition } from "../../api/kind.ts";
import { findKind } from "../../api/kinds.ts";
import { type ApiObject, apiVersionOf, parseApiVersion } from "../../api/meta.ts";
import { tableOf } from "../../api/table.ts";
import type { ObjectAnswer } from "../exchange.ts";
import type { Format, MetaVersion } from "./negotiate.ts";

const CONTENT_TYPES = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
} as const;

export function contentType(format: Format): string {
  return CONTENT_TYPES[format.encoding];
}

/** One object in the wanted form: at once where its bytes are there. */
export function encodeSingle(answer: ObjectAnswer, format: Format, nowMs: number): Buffer | Promise<Buffer> {
  const isAsStored = format.as === "object" && format.encoding === "json" && !format.pretty;
  return isAsStored && answer.bytes !== undefined ? answer.bytes : encodeView(answer, format, nowMs);
}

async function encodeView(answer: ObjectAnswer, format: Format, nowMs: number): Promise<Buffer> {
  const { resource } = answer;
  if (format.as === "table") {
    const kind = resource?.kind ?? kindOf(answer.object);
    return encodeValue(tableOf(kind, [answer.object], tableOptions(answer.object.metadata, format, nowMs)), format);
  }
  if (format.as === "metadata") return encodeValue(metadataOf(answer.object, format), format);
  if (format.encoding === "protobuf" && answer.bytes !== undefined && resource !== undefined) {
    const { encodeStored } = await import("../../api/protobuf/encode-stored.ts");
    return encodeStored(answer.bytes, shownKind(resource.schema, format));
  }
  return encodeValue(answer.object, format);
}

/** What answers without a resource, such as a Scale, is shown by its own kind. */
export function kindOf({ apiVersion = "", kind = "" }: ApiObject): KindDefinition | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  return findKind(group, version, kind);
}

/** The kind of what is shown of a resource's object in a format that is no Table. */
export function shownKind(
  schema: { readonly group: string; readonly version: string; readonly kind: string },
  format: Format,
): { readonly apiVersion: string; readonly kind: string } {
  if (format.as === "metadata") return { apiVersion: viewVersionOf(format), kind: "PartialObjectMetadata" };
  return { apiVersion: apiVersionOf(schema), kind: schema.kind };
}

/** PartialObjectMetadata of an object. */
export function metadataOf(object: ApiObject, format: Format): ApiObject {
  return { kind: "PartialObjectMetadata", apiVersion: viewVersionOf(format), metadata: object.metadata ?? {} };
}

export function viewVersionOf({ viewVersion = "meta.k8s.io/v1" }: Format): MetaVersion {
  return viewVersion;
}

export function tableOptions(
  meta: { resourceVersion?: string; continue?: string } | undefined,
  format: Format,
  nowMs: number,
) {
  return {
    nowMs,
    apiVersion: viewVersionOf(format),
    includeObject: format.includeObject,
    metadata: { resourceVersion: meta?.resourceVersion ?? "" },
  };
}

/** A value that has no bytes yet. */
export async function encodeValue(value: ApiObject, format: Format): Promise<Buffer> {
  if (format.encoding === "json") return Buffer.from(JSON.stringify(value, null, format.pretty ? 2 : undefined));
  if (format.encoding === "yaml") {
    const { yamlText } = await import("./yaml-text.ts");
    return Buffer.from(await yamlText(value));
  }
  const { encodeObject } = await import("../../api/protobuf/encode.ts");
  return encodeObject(value);
}
