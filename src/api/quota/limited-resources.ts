import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../generated/core/v1.ts";
import type { QuotaRequest } from "./check-request.ts";
import { isInScope, isInScopeOf, resourceOfQuotaName } from "./usage.ts";

/** A resource that may be used only where a quota allows it (LimitedResource of ResourceQuotaConfiguration). */
export interface LimitedResource {
  /** Empty for core. */
  readonly apiGroup?: string | undefined;
  readonly resource: string;
  /** Parts of the names of amounts, e.g. `storageclass.storage.k8s.io/requests.storage`. */
  readonly matchContains?: readonly string[] | undefined;
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[] | undefined;
}

/**
 * Why a request is refused although no quota says no: it uses what is limited, and no quota speaks of that (upstream: quota
 * admission CheckRequest). Undefined when all of it is covered.
 */
export function uncoveredUse(
  quotas: readonly ResourceQuota[],
  { resource, use }: QuotaRequest,
  limited: readonly LimitedResource[],
): string | undefined {
  if (limited.length === 0) return undefined;
  const parts = limited.filter((each) => nameOf(each) === resource).flatMap(({ matchContains = [] }) => matchContains);
  const names = [...use.amounts.keys()].filter((name) => parts.some((part) => name.includes(part)));
  const fitting = quotas.filter((quota) => isInScope(quota, use));
  const covered = new Set(
    fitting.flatMap(({ status }) =>
      Object.keys(status?.hard ?? {}).filter((name) => resourceOfQuotaName(name) === resource),
    ),
  );
  const missing = names.filter((name) => !covered.has(name)).sort();
  if (missing.length > 0) return `insufficient quota to consume: ${missing.join(",")}`;
  const scopes = limited.flatMap(({ matchScopes = [] }) => matchScopes).filter((scope) => isInScopeOf(use, scope));
  const known = new Set(
    quotas.flatMap(scopesOf).flatMap((scope) => (isInScopeOf(use, scope) ? [scope.scopeName] : [])),
  );
  const open = scopes.filter(({ scopeName }) => !known.has(scopeName));
  return open.length === 0 ? undefined : `insufficient quota to match these scopes: [${open.map(scopeText).join(" ")}]`;
}

function nameOf({ apiGroup = "", resource }: LimitedResource): string {
  return apiGroup === "" ? resource : `${resource}.${apiGroup}`;
}

function scopesOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** As Go prints the struct. */
function scopeText({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): string {
  return `{${scopeName} ${operator} [${values.join(" ")}]}`;
}
