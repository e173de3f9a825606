import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret } from "../../api/generated/core/v1.ts";
import { type FieldFacts, fieldValue, resourceValue } from "../environment/fields.ts";
import type { Payload, PayloadFile } from "./files.ts";

export interface PayloadOptions {
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
  readonly defaultMode: number;
}

/** Files of a ConfigMap: all keys, or those that items name. @throws Error in upstream's words when one is missing */
export function configMapPayload(configMap: ConfigMap | undefined, options: PayloadOptions): Payload {
  const data = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(configMap?.data ?? {})) data.set(key, Buffer.from(text));
  for (const [key, text] of Object.entries(configMap?.binaryData ?? {})) data.set(key, Buffer.from(text, "base64"));
  return pick(data, { ...options, missing: (key) => `configmap references non-existent config key: ${key}` });
}

export function secretPayload(secret: Secret | undefined, options: PayloadOptions): Payload {
  const data = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(secret?.data ?? {})) data.set(key, Buffer.from(text, "base64"));
  return pick(data, { ...options, missing: (key) => `references non-existent secret key: ${key}` });
}

function pick(
  data: ReadonlyMap<string, Buffer>,
  options: PayloadOptions & { missing(key: string): string },
): Map<string, PayloadFile> {
  const { items = [], defaultMode } = options;
  const payload = new Map<string, PayloadFile>();
  if (items.length === 0) {
    for (const [key, content] of data) payload.set(key, { content, mode: defaultMode });
    return payload;
  }
  for (const { key, path, mode } of items) {
    const content = data.get(key);
    if (content !== undefined) payload.set(path, { content, mode: mode ?? defaultMode });
    else if (options.optional !== true) throw new Error(options.missing(key));
  }
  return payload;
}

/** Files that tell the pod's own fields. */
export function downwardPayload(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  { defaultMode, fields }: { defaultMode: number; fields: FieldFacts },
): Payload {
  const payload = new Map<string, PayloadFile>();
  for (const { path, mode, fieldRef, resourceFieldRef } of items) {
    const value =
      fieldRef !== undefined
        ? fieldValue(fieldRef, pod, fields)
        : resourceFieldRef !== undefined
          ? resourceValue(resourceFieldRef, pod, fields)
          : undefined;
    if (value === undefined) {
      throw new Error(`the downward API cannot tell ${fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? path}`);
    }
    payload.set(path, { content: Buffer.from(value), mode: mode ?? defaultMode });
  }
  return payload;
}
