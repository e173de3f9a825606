import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { isJsonObject } from "../../api/patch/json-value.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { normalizeObject } from "../../api/unknown-fields.ts";
import { present } from "../../base/assert.ts";
import type { Exchange } from "../exchange.ts";
import { builtInDefinition } from "./built-in-kinds.ts";
import { decodeBodyOf, expectObject } from "./decode.ts";
import { readObject } from "./read-object.ts";

interface Wanted {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Older versions of the same shape that clients may still send. */
  readonly olderVersions?: readonly string[];
}

/**
 * The body as an object of a built-in kind that is not the resource's own: a Scale, a Binding, a review. Every field that is
 * there has its type; the copy belongs to the caller.
 * @throws StatusError BadRequest, UnsupportedMediaType, RequestEntityTooLarge
 */
export async function typedBody<T extends ApiObject>(exchange: Exchange, of: Wanted): Promise<T> {
  const { value: sent, json, duplicates, bytes } = await decodeBodyOf(of, exchange.body);
  const value = expectObject({ value: inVersion(sent, of), ...(bytes && { bytes }) }, of);
  return readObject(typeOf(of), { value, json, duplicates }, exchange) as T;
}

function inVersion(sent: unknown, { group, version, olderVersions = [] }: Wanted): unknown {
  const isOlder = isJsonObject(sent) && olderVersions.some((each) => sent.apiVersion === `${group}/${each}`);
  return isOlder ? { ...sent, apiVersion: `${group}/${version}` } : sent;
}

/** A built-in kind, as `readObject` needs it. */
export function typeOf(of: Wanted): Parameters<typeof readObject>[0] {
  const definition = present(builtInDefinition(apiVersionOf(of), of.kind), `the definition of ${of.kind}`);
  return { schema: of, normalize: (value) => normalizeObject(value, loadSchema(), definition) };
}
