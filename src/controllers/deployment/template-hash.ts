import type { PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { semanticEqual } from "../semantic-equal.ts";

export const TEMPLATE_HASH_LABEL = "pod-template-hash";

/** Upstream's alphabet for names (apimachinery util/rand SafeEncodeString). */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/**
 * A short, stable hash of a pod template for names and labels. `collisionCount` gives another one when a name is taken.
 * It is not upstream's number (that hashes a dump of Go values), but clients only ever compare it.
 */
export function templateHash(template: unknown, collisionCount = 0): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(canonical(template) + (collisionCount === 0 ? "" : `#${collisionCount}`))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return safeEncode(String(hash));
}

/** Each character as one of an alphabet without vowels and look-alikes. */
function safeEncode(text: string): string {
  return Array.from(Buffer.from(text), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** True when two templates differ in nothing but the hash label that the controller adds. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  if (template?.metadata?.labels?.[TEMPLATE_HASH_LABEL] === undefined) return template;
  const { [TEMPLATE_HASH_LABEL]: _, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** JSON with fields in order, without those that mean the same as none. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && field !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(",")}}`;
}
