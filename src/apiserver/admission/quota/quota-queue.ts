import type { ResourceQuota } from "../../../api/generated/core/v1.ts";
import { resourceQuotas } from "../../../api/generated/resources.ts";
import { formatQuantity } from "../../../api/quantity.ts";
import { type Amounts, amountsOf } from "../../../api/quota/amounts.ts";
import { checkRequest, type QuotaRequest } from "../../../api/quota/check-request.ts";
import { type LimitedResource, uncoveredUse } from "../../../api/quota/limited-resources.ts";
import { conflict } from "../../../api/status.ts";
import { atOnce } from "../../../base/at-once.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "../admission.ts";
import { refuse } from "../refuse.ts";
import { type QuotaLedger, quotaLedger } from "./quota-ledger.ts";

/** How often a batch is decided anew because somebody else wrote a quota meanwhile. */
const TRIES = 10;
const BATCH_SIZE = 256;

export interface QuotaQueue {
  /**
   * Over when the namespace's quotas have room and have been charged. What is asked for is computed only where there are some.
   * @throws StatusError Forbidden
   */
  charge(attributes: AdmissionAttributes, requestOf: () => QuotaRequest): Promise<void> | void;
}

interface Waiting {
  readonly attributes: AdmissionAttributes;
  readonly request: QuotaRequest;
  resolve(): void;
  reject(error: unknown): void;
}

/** A quota with what is used when all requests decided so far are counted. */
interface Draft {
  readonly quota: ResourceQuota;
  used: Amounts;
  changed: boolean;
}

/**
 * Decides the requests of a namespace one after the other, and writes the outcome for all that wait at once: so creates
 * that come together neither pass each other nor fail over each other's writes. Each write is a compare-and-swap, which
 * also holds against other API servers and the controller.
 */
export function quotaQueue(dependencies: AdmissionDependencies, limited: readonly LimitedResource[] = []): QuotaQueue {
  const lines = new Map<string, Waiting[]>();
  const ledger = quotaLedger(dependencies);

  async function serve(namespace: string, line: Waiting[]): Promise<void> {
    while (line.length > 0) {
      const batch = line.splice(0, BATCH_SIZE);
      try {
        await decide(namespace, batch, { dependencies, ledger, limited });
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    lines.delete(namespace);
  }

  const decided = (attributes: AdmissionAttributes, request: QuotaRequest): Promise<void> =>
    new Promise((resolve, reject) => {
      const { namespace } = attributes;
      const waiting: Waiting = { attributes, request, resolve, reject };
      const line = lines.get(namespace);
      if (line !== undefined) {
        line.push(waiting);
        return;
      }
      const started = [waiting];
      lines.set(namespace, started);
      // Rejections reach those who wait; serving itself cannot fail.
      void serve(namespace, started);
    });

  return {
    charge: (attributes, requestOf) =>
      atOnce(dependencies.reader.list(resourceQuotas, attributes.namespace), (quotas) => {
        if (quotas.length > 0 || limited.length > 0) return decided(attributes, requestOf());
      }),
  };
}

async function decide(
  namespace: string,
  batch: readonly Waiting[],
  by: { dependencies: AdmissionDependencies; ledger: QuotaLedger; limited: readonly LimitedResource[] },
): Promise<void> {
  const { dependencies, ledger, limited } = by;
  const charged = new Set<string>();
  let open = batch;
  for (let attempt = 1; ; attempt++) {
    const quotas = await dependencies.reader.list(resourceQuotas, namespace);
    const drafts = quotas
      .filter(({ metadata }) => !charged.has(metadata?.uid ?? ""))
      .map((quota): Draft => ({ quota, used: amountsOf(quota.status?.used), changed: false }));
    const admitted: Waiting[] = [];
    for (const waiting of open) {
      await recount(drafts, waiting, ledger);
      const refusal = uncoveredUse(quotas, waiting.request, limited) ?? apply(drafts, waiting);
      if (refusal === undefined) admitted.push(waiting);
      else waiting.reject(refuse(waiting.attributes, refusal));
    }
    open = admitted;
    if (await write(drafts, { dependencies, ledger, charged })) break;
    if (attempt >= TRIES) {
      const name = drafts.find(({ changed }) => changed)?.quota.metadata?.name ?? "";
      throw conflict(
        resourceQuotas,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
      );
    }
  }
  for (const waiting of open) {
    if (!waiting.attributes.dryRun) ledger.begin(waiting.attributes, waiting.request);
    waiting.resolve();
  }
}

/** A status that somebody else has written may not know yet of what was let in just now: it is counted here instead. */
async function recount(drafts: readonly Draft[], { attributes, request }: Waiting, ledger: QuotaLedger): Promise<void> {
  for (const draft of drafts) {
    if (ledger.isOwn(draft.quota) || draft.changed) continue;
    draft.used = await ledger.atLeast(draft.quota, draft.used, { attributes, resource: request.resource });
  }
}

/** Counts the request in all drafts, or says which quota has no room. */
function apply(drafts: readonly Draft[], { attributes, request }: Waiting): string | undefined {
  const next: { draft: Draft; used: Amounts }[] = [];
  for (const draft of drafts) {
    const decision = checkRequest(draft.quota, request, draft.used);
    if ("refusal" in decision) return decision.refusal;
    if (decision.used !== undefined) next.push({ draft, used: decision.used });
  }
  if (attributes.dryRun) return undefined;
  for (const { draft, used } of next) {
    draft.used = used;
    draft.changed = true;
  }
  return undefined;
}

/** False when a quota was written by somebody else meanwhile; those that were written are not charged again. */
async function write(
  drafts: readonly Draft[],
  of: { dependencies: AdmissionDependencies; ledger: QuotaLedger; charged: Set<string> },
): Promise<boolean> {
  let complete = true;
  for (const { quota, used, changed } of drafts) {
    if (!changed) continue;
    const shown = Object.fromEntries([...used].map(([name, amount]) => [name, formatQuantity(amount)]));
    const written = await of.dependencies.swap(resourceQuotas, { ...quota, status: { ...quota.status, used: shown } });
    if (written === undefined) {
      complete = false;
      continue;
    }
    of.ledger.noteOwn(written);
    of.charged.add(quota.metadata?.uid ?? "");
  }
  return complete;
}
