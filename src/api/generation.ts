import type { ApiObject } from "./meta.ts";
import { equalJson } from "./patch/json-value.ts";

/**
 * metadata.generation for kinds without a status subresource that count it all the same (webhook configurations, network
 * policies …); for kinds with one the generic registry counts.
 */
export function startGeneration(draft: ApiObject): void {
  draft.metadata = { ...draft.metadata, generation: 1 };
}

export function countGeneration(draft: ApiObject, old: ApiObject): void {
  const { metadata: _m, apiVersion: _a, kind: _k, ...wanted } = draft;
  const { metadata: _n, apiVersion: _b, kind: _l, ...known } = old;
  const before = old.metadata?.generation ?? 0;
  draft.metadata = { ...draft.metadata, generation: equalJson(wanted, known) ? before : before + 1 };
}
