import type { Pod, Secret, ServiceAccount } from "../../api/generated/core/v1.ts";
import { joinKey } from "../../api/meta.ts";

export const LAST_USED = "kubernetes.io/legacy-token-last-used";
export const INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";

const ACCOUNT_NAME = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";
const DAY_MS = 24 * 60 * 60 * 1000;
/** A token that nobody used for so long is marked; one that was marked for so long is deleted. */
export const CLEAN_UP_PERIOD_MS = 365 * DAY_MS;

/** What is known of others by key, namespace/name. */
export interface CleanUpFacts {
  account(key: string): ServiceAccount | undefined;
  /** Whether a pod mounts the Secret. */
  isMounted(key: string): boolean;
  readonly nowMs: number;
}

/** What becomes of a Secret whose token nobody seems to need. */
export type CleanUp = { readonly secret: Secret; readonly action: "mark" | "delete" };

/**
 * Whether a token that was made by itself is to be marked invalid, or, marked long ago, to be deleted
 * (pkg/controller/serviceaccount legacy_serviceaccount_token_cleaner). Those that people made are left. Pure.
 */
export function cleanUpOf(secret: Secret, facts: CleanUpFacts): CleanUp["action"] | undefined {
  const before = facts.nowMs - CLEAN_UP_PERIOD_MS;
  const { namespace, name = "", labels = {}, creationTimestamp = "", deletionTimestamp } = secret.metadata ?? {};
  if (deletionTimestamp !== undefined || !isBefore(creationTimestamp, before)) return undefined;
  if (labels[LAST_USED] !== undefined && !isBefore(labels[LAST_USED], before)) return undefined;
  if (!isListed(secret, facts) || facts.isMounted(joinKey(namespace, name))) return undefined;
  const since = Date.parse(labels[INVALID_SINCE] ?? "");
  if (Number.isNaN(since)) return "mark";
  return since < before ? "delete" : undefined;
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

function isListed(secret: Secret, facts: CleanUpFacts): boolean {
  const { namespace, name, annotations = {} } = secret.metadata ?? {};
  const account = facts.account(joinKey(namespace, annotations[ACCOUNT_NAME] ?? ""));
  if (account === undefined || account.metadata?.uid !== annotations[ACCOUNT_UID]) return false;
  return (account.secrets ?? []).some((listed) => listed.name === name);
}
