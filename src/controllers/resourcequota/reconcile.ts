import type { ResourceQuota } from "../../api/generated/core/v1.ts";
import { resourceQuotas } from "../../api/generated/resources.ts";
import { isBeingDeleted, keyOf, splitKey } from "../../api/meta.ts";
import { formatQuantity, type Quantity } from "../../api/quantity.ts";
import { amountsOf, sameAmounts } from "../../api/quota/amounts.ts";
import { quotaCount, resourceOfQuotaName } from "../../api/quota/usage.ts";
import { isNotFound } from "../../api/status.ts";
import { createInformerSet } from "../../client/informer-set.ts";
import { type Discovery, discoverResources } from "../discovery.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult, restAfter } from "../reconciler.ts";
import { CountedObjects } from "./counted-objects.ts";

/** Everything is counted anew at least so often. */
const RESYNC_MS = 5 * 60_000;
/** A resource that has not been seen yet is asked for again after so long. */
const NOT_SEEN_MS = 50;

/** Keeps the status of ResourceQuotas: what is limited, and how much of it is used. */
export function resourceQuotaController(dependencies: ControllerDependencies): Controller {
  const { client, informers } = dependencies;
  const quotas = informers.informer(resourceQuotas);
  let enqueue: (key: string) => void = () => {};
  const counted = new CountedObjects({
    clock: dependencies.clock,
    createSet: () => createInformerSet(dependencies),
    changed: (namespace) => {
      for (const quota of quotas.list(namespace)) enqueue(keyOf(quota));
    },
  });

  /** Starts to watch what the quota limits. Names of resources that are not served limit nothing. */
  async function watchLimited(quota: ResourceQuota): Promise<string[]> {
    const names = [...new Set(Object.keys(quota.spec?.hard ?? {}).map(resourceOfQuotaName))];
    const fresh = names.filter((name) => !counted.isWatched(name));
    const served: Discovery["resources"] = fresh.length === 0 ? [] : (await discoverResources(client)).resources;
    for (const name of fresh) {
      const resource = served.find(
        (each) => (each.group === "" ? each.resource : `${each.resource}.${each.group}`) === name,
      );
      if (resource?.namespaced === true && resource.verbs.includes("watch")) counted.watch(name, resource);
    }
    return names.filter((name) => counted.isWatched(name));
  }

  async function reconcile(key: string): Promise<ReconcileResult> {
    const quota = quotas.get(key);
    if (quota === undefined || isBeingDeleted(quota)) return undefined;
    const names = await watchLimited(quota);
    if (!names.every((name) => counted.hasSeen(name))) return { requeueAfterMs: NOT_SEEN_MS };
    const count = quotaCount(quota);
    let objects = 0;
    for (const name of names) objects += await counted.count(name, splitKey(key).namespace, count.add);
    await writeStatus(quota, count.total());
    return { requeueAfterMs: RESYNC_MS, restMs: restAfter(objects) };
  }

  async function writeStatus(quota: ResourceQuota, usage: ReadonlyMap<string, Quantity>): Promise<void> {
    const hard = quota.spec?.hard ?? {};
    const known = quota.status;
    const same = sameAmounts(amountsOf(known?.hard), amountsOf(hard)) && sameAmounts(amountsOf(known?.used), usage);
    if (same) return;
    const used = Object.fromEntries([...usage].map(([name, amount]) => [name, formatQuantity(amount)]));
    try {
      await client.update(resourceQuotas, { ...quota, status: { hard, used } }, { subresource: "status" });
    } catch (error) {
      // Deleted meanwhile, with what it limited.
      if (!isNotFound(error)) throw error;
    }
  }

  return {
    name: "resourcequota-controller",
    workers: 5,
    sources: [
      from(quotas, ({ key, after }) => (after === undefined ? [] : [key])),
      {
        start(add) {
          enqueue = add;
          return () => {
            enqueue = () => {};
            // Stopping watches cannot fail; nothing waits for it after the end.
            void counted.stop();
          };
        },
      },
    ],
    reconcile,
  };
}
