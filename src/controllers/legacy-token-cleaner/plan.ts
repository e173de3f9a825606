import type { Pod, Secret, ServiceAccount } from "../../api/generated/core/v1.ts";
import { joinKey } from "../../api/meta.ts";

export const LAST_USED = "kubernetes.io/legacy-token-last-used";
export const INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";

const ACCOUNT_NAME = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";
const DAY_MS = 24 * 60 * 60 * 1000;
/** A token that nobody used for so long is marked; one that was marked for so long is deleted. */
export const CLEAN_UP_PERIOD_MS = 365 * DAY_MS;

export interface CleanUpFacts {
  readonly secrets: readonly Secret[];
  readonly accounts: ReadonlyMap<string, ServiceAccount>;
  /** Keys of the Secrets that pods mount. */
  readonly mounted: ReadonlySet<string>;
  readonly nowMs: number;
}

/** What becomes of a Secret whose token nobody seems to need. */
export type CleanUp = { readonly secret: Secret; readonly action: "mark" | "delete" };

/**
 * Which tokens that were made by themselves are to be marked invalid, and which of those marked long ago are to be deleted
 * (pkg/controller/serviceaccount legacy_serviceaccount_token_cleaner). Those that people made are left.
 */
export function planCleanUp({ secrets, accounts, mounted, nowMs }: CleanUpFacts): CleanUp[] {
  const before = nowMs - CLEAN_UP_PERIOD_MS;
  return secrets.flatMap((secret): CleanUp[] => {
    const { namespace, name = "", labels = {}, creationTimestamp = "", deletionTimestamp } = secret.metadata ?? {};
    if (deletionTimestamp !== undefined || !isBefore(creationTimestamp, before)) return [];
    if (labels[LAST_USED] !== undefined && !isBefore(labels[LAST_USED], before)) return [];
    if (!isListedBy(secret, accounts) || mounted.has(joinKey(namespace, name))) return [];
    const since = Date.parse(labels[INVALID_SINCE] ?? "");
    if (Number.isNaN(since)) return [{ secret, action: "mark" }];
    return since < before ? [{ secret, action: "delete" }] : [];
  });
}

const NONE: readonly string[] = [];

/** Keys of the Secrets that the pod's volumes hold. */
export function mountedSecrets({ metadata, spec }: Pod): readonly string[] {
  const keys = (spec?.volumes ?? []).flatMap(({ secret }) =>
    secret?.secretName ? [joinKey(metadata?.namespace, secret.secretName)] : [],
  );
  return keys.length === 0 ? NONE : keys;
}

/** A date that cannot be read is taken to be recent: nothing is deleted for a mistake in it. */
function isBefore(date: string, limitMs: number): boolean {
  return Date.parse(date) < limitMs;
}

function isListedBy(secret: Secret, accounts: ReadonlyMap<string, ServiceAccount>): boolean {
  const { namespace, name, annotations = {} } = secret.metadata ?? {};
  const account = accounts.get(joinKey(namespace, annotations[ACCOUNT_NAME] ?? ""));
  if (account === undefined || account.metadata?.uid !== annotations[ACCOUNT_UID]) return false;
  return (account.secrets ?? []).some((listed) => listed.name === name);
}
