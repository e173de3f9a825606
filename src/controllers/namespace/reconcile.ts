import type { Namespace } from "../../api/generated/core/v1.ts";
import { namespaces } from "../../api/generated/resources.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { timestamp } from "../../base/clock.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult } from "../reconciler.ts";
import { deleteContent } from "./content.ts";
import { conditionsAfter, isEmpty, KUBERNETES_FINALIZER, nextLookMs, type Pass } from "./plan.ts";

/** Empties namespaces that are being deleted, says what holds them up, and lets them go when they are empty. */
export function namespaceController(dependencies: ControllerDependencies): Controller {
  const { client, informers, clock } = dependencies;
  const namespaceInformer = informers.informer(namespaces);
  // Only to hear when the last pod of a namespace has gone, instead of asking again after a while.
  const podsOf = podInformer(informers);

  async function reconcile(name: string): Promise<ReconcileResult> {
    const cached = namespaceInformer.get(name);
    if (cached === undefined || !isBeingDeleted(cached)) return undefined;
    const namespace = await live(name);
    if (namespace === undefined || !isBeingDeleted(namespace)) return undefined;
    if (!namespace.spec?.finalizers?.length) return undefined;
    const marked = await markTerminating(namespace);
    const pass = await deleteContent(client, name);
    const told = await writeConditions(marked, pass);
    if (!isEmpty(pass)) return { requeueAfterMs: nextLookMs(pass) };
    await finalize(told);
    return undefined;
  }

  async function live(name: string): Promise<Namespace | undefined> {
    try {
      return await client.get(namespaces, { name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function markTerminating(namespace: Namespace): Promise<Namespace> {
    if (namespace.status?.phase === "Terminating") return namespace;
    const status = { ...namespace.status, phase: "Terminating" };
    return await client.update(namespaces, { ...namespace, status }, { subresource: "status" });
  }

  async function writeConditions(namespace: Namespace, pass: Pass): Promise<Namespace> {
    const conditions = conditionsAfter(namespace, pass, timestamp(clock));
    // A namespace that goes at once needs no explanation.
    if (isEmpty(pass) && !namespace.status?.conditions?.length) return namespace;
    if (conditions === namespace.status?.conditions) return namespace;
    const status = { ...namespace.status, conditions: [...conditions] };
    return await client.update(namespaces, { ...namespace, status }, { subresource: "status" });
  }

  async function finalize(namespace: Namespace): Promise<void> {
    const finalizers = namespace.spec?.finalizers?.filter((each) => each !== KUBERNETES_FINALIZER) ?? [];
    const name = namespace.metadata?.name ?? "";
    try {
      const finalized = { ...namespace, spec: { ...namespace.spec, finalizers } };
      await client.update(namespaces, finalized, { subresource: "finalize" });
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) throw error;
      const newer = await live(name);
      if (newer !== undefined) await finalize(newer);
    }
  }

  return {
    name: "namespace-controller",
    workers: 10,
    sources: [
      from(namespaceInformer, ({ key, after }) => (after !== undefined && isBeingDeleted(after) ? [key] : [])),
      from(podsOf, ({ before, after }) => {
        if (after !== undefined || before === undefined) return [];
        const { namespace: name = "" } = before.metadata ?? {};
        const namespace = namespaceInformer.get(name);
        return namespace !== undefined && isBeingDeleted(namespace) && hasNone(podsOf.each(name)) ? [name] : [];
      }),
    ],
    reconcile,
  };
}

/** Each of very many pods that go asks: none of them may look at all others. */
function hasNone(items: Iterable<unknown>): boolean {
  return items[Symbol.iterator]().next().done === true;
}
