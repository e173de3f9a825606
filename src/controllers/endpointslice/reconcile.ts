import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { endpointSlices, nodes, services } from "../../api/generated/resources.ts";
import { isBeingDeleted, joinKey, keyOf, splitKey } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult, restAfter } from "../reconciler.ts";
import { wantedInNamespace } from "../wanted-in-namespace.ts";
import { MANAGED_BY, MANAGED_BY_LABEL, planSlices, SERVICE_NAME_LABEL, type SlicePlan } from "./plan.ts";
import { endpointPod } from "./pod-facts.ts";
import { selects, selectsPods, servicesOf } from "./services.ts";
import { TriggerTimes, withLastChange } from "./trigger-times.ts";
import { WrittenObjects } from "./written.ts";

/** When the informer has not shown an own write, or a node, for so long, look again anyway. */
const LOOK_AGAIN_MS = 1_000;

/** Keeps, for each Service with a selector, the EndpointSlices that name its pods. */
export function endpointSliceController(dependencies: ControllerDependencies): Controller {
  const { client, informers, events, clock } = dependencies;
  const serviceInformer = informers.informer(services);
  const pods = podInformer(informers);
  const sliceInformer = informers.projected({
    resource: endpointSlices,
    labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}`,
    project: (slice) => slice,
    indexes: { service: (slice) => [serviceKey(slice)] },
  });
  const zones = informers.projected({
    resource: nodes,
    project: (node) => node.metadata?.labels?.["topology.kubernetes.io/zone"] ?? "",
  });
  const written = new WrittenObjects();
  const triggerTimes = new TriggerTimes();

  async function reconcile(key: string): Promise<ReconcileResult> {
    const service = serviceInformer.get(key);
    if (service === undefined) {
      written.forget(key);
      triggerTimes.forget(key);
      return undefined;
    }
    if (!selectsPods(service) || isBeingDeleted(service)) return undefined;
    const { namespace } = splitKey(key);
    const cached = (name: string) => sliceInformer.get(joinKey(namespace, name));
    if (written.mustWait(key, cached, clock)) return { requeueAfterMs: LOOK_AGAIN_MS };
    const selected = await wantedInNamespace(pods, namespace, { clock, wants: (pod) => selects(service, pod) });
    const podsOfService = selected.items.map(endpointPod);
    const lastChange = triggerTimes.next(key, service, podsOfService);
    const plan = planSlices({
      service,
      pods: podsOfService,
      slices: sliceInformer.by("service", key).filter((slice) => !isBeingDeleted(slice)),
      zoneOf: (name) => zones.get(name),
    });
    try {
      await apply(key, plan, lastChange);
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      const message = `Error updating Endpoint Slices for Service ${key}: ${errorMessage(error)}`;
      events.event(service, { type: "Warning", reason: "FailedToUpdateEndpointSlices", message });
      throw error;
    }
    const restMs = restAfter(selected.looks);
    return plan.missingNodes ? { requeueAfterMs: LOOK_AGAIN_MS, restMs } : { restMs };
  }

  async function apply(key: string, plan: SlicePlan, lastChange: string | undefined): Promise<void> {
    for (const slice of plan.create) {
      written.noteWrite(key, await client.create(endpointSlices, withLastChange(slice, lastChange)));
    }
    for (const slice of plan.update) {
      written.noteWrite(key, await client.update(endpointSlices, withLastChange(slice, lastChange)));
    }
    for (const slice of plan.remove) {
      const { name = "", namespace } = slice.metadata ?? {};
      written.noteRemoval(key, name);
      try {
        await client.delete(endpointSlices, { namespace, name });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  function sliceChanged(slice: EndpointSlice | undefined, gone: boolean): string[] {
    if (slice === undefined) return [];
    const key = serviceKey(slice);
    if (gone) written.noteGone(key, slice.metadata?.name ?? "");
    else if (!written.isAwaited(key) && written.isAsWritten(key, slice)) return [];
    return [key];
  }

  return {
    name: "endpointslice-controller",
    workers: 5,
    sources: [
      from(serviceInformer, ({ key }) => [key]),
      from(pods, (change) => servicesOf(serviceInformer, change)),
      from(sliceInformer, ({ before, after }) => sliceChanged(after ?? before, after === undefined)),
    ],
    reconcile,
  };
}

function serviceKey(slice: EndpointSlice): string {
  return keyOf({
    metadata: {
      ...(slice.metadata?.namespace === undefined ? {} : { namespace: slice.metadata.namespace }),
      name: slice.metadata?.labels?.[SERVICE_NAME_LABEL] ?? "",
    },
  });
}
