import type { ResourceQuota } from "../../../api/generated/core/v1.ts";
import { type Amounts, maxAmounts } from "../../../api/quota/amounts.ts";
import type { QuotaRequest } from "../../../api/quota/check-request.ts";
import { type QuotaUse, quotaUsage, quotaUse, resourceOfQuotaName } from "../../../api/quota/usage.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "../admission.ts";

/** A write that has been let in is in the store, or has failed, long before. */
const FORGOTTEN_AFTER_MS = 120_000;
/** Quotas whose last own write is remembered. */
const REMEMBERED_QUOTAS = 10_000;

/** What this server has let in and what it has written, so that the status of a quota can be put right where it lags. */
export interface QuotaLedger {
  /** True when the quota's status is as this server wrote it. */
  isOwn(quota: ResourceQuota): boolean;
  noteOwn(quota: ResourceQuota): void;
  /** Notes a write that goes to the store now, until it has got there. */
  begin(attributes: AdmissionAttributes, request: QuotaRequest): void;
  /** The amounts, raised to what objects of the resource use now: those in the store, and those on their way there. */
  atLeast(
    quota: ResourceQuota,
    used: Amounts,
    of: { attributes: AdmissionAttributes; resource: string },
  ): Promise<Amounts>;
}

interface Underway {
  readonly uid: string;
  readonly namespace: string;
  readonly resource: string;
  readonly use: QuotaUse;
  readonly sinceMs: number;
}

export function quotaLedger({ reader, clock }: AdmissionDependencies): QuotaLedger {
  const own = new Map<string, string>();
  const underway = new Set<Underway>();
  const forgetOld = (): void => {
    const before = clock.monotonic() - FORGOTTEN_AFTER_MS;
    for (const each of underway) {
      if (each.sinceMs >= before) break;
      underway.delete(each);
    }
  };
  return {
    isOwn: ({ metadata }) => own.get(metadata?.uid ?? "") === metadata?.resourceVersion,
    noteOwn({ metadata }) {
      const uid = metadata?.uid ?? "";
      own.delete(uid);
      own.set(uid, metadata?.resourceVersion ?? "");
      for (const oldest of own.keys()) {
        if (own.size <= REMEMBERED_QUOTAS) break;
        own.delete(oldest);
      }
    },
    begin(attributes, { resource, object, use }) {
      forgetOld();
      const { namespace } = attributes;
      const uid = object.metadata?.uid ?? "";
      const entry = { uid, namespace, resource, use, sinceMs: clock.monotonic() };
      underway.add(entry);
      attributes.onEnd(() => void underway.delete(entry));
    },
    async atLeast(quota, used, { attributes, resource }) {
      const hard = quota.status?.hard ?? {};
      const names = Object.keys(hard).filter((name) => resourceOfQuotaName(name) === resource);
      if (names.length === 0) return used;
      // What is on its way when the list is asked for may be in the store, and no longer here, when it has been read.
      const counted = new Set(underway);
      const objects = await reader.list(attributes.resource, attributes.namespace);
      const uses = new Map(objects.map((each) => [each.metadata?.uid ?? "", quotaUse(resource, each)]));
      for (const each of underway) counted.add(each);
      for (const each of counted) {
        if (each.namespace !== attributes.namespace || each.resource !== resource) continue;
        const known = uses.get(each.uid);
        const amounts = known === undefined ? each.use.amounts : maxAmounts(known.amounts, each.use.amounts);
        uses.set(each.uid, { ...each.use, amounts });
      }
      const limited = Object.fromEntries(names.map((name) => [name, hard[name] ?? "0"]));
      const usage = quotaUsage({ ...quota, spec: { ...quota.spec, hard: limited } }, uses.values());
      return maxAmounts(used, usage);
    },
  };
}
