import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { CacheEntry } from "../cache/entry.ts";
import { objectOf } from "../registry/codec.ts";
import { type KeptDefinition, keptDefinition } from "./kept-definition.ts";

/** What the store has under a definition's key, or why no definition can be served from it. */
export type StoredDefinition = { readonly definition: KeptDefinition } | { readonly problem: string };

/**
 * Whoever writes to etcd by hand may store anything: what no client could have created is told, and costs only itself.
 * @param name as the key has it
 */
export function storedDefinition(name: string, { bytes }: Pick<CacheEntry, "bytes">): StoredDefinition {
  const object = objectOf<Partial<CustomResourceDefinition>>(bytes);
  const { metadata, spec } = object;
  if (metadata?.name !== name) {
    return {
      problem: `its metadata.name is ${JSON.stringify(metadata?.name ?? "")}, and its key ends with ${JSON.stringify(name)}: store it under its name`,
    };
  }
  if (!Array.isArray(spec?.versions)) return { problem: "it has no spec.versions" };
  if (typeof spec.names !== "object" || spec.names === null) return { problem: "it has no spec.names" };
  return { definition: keptDefinition(object as CustomResourceDefinition, bytes) };
}
