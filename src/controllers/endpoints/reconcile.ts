import type { Endpoints } from "../../api/generated/core/v1.ts";
import { endpoints, services } from "../../api/generated/resources.ts";
import { isBeingDeleted, splitKey } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { endpointPod } from "../endpointslice/pod-facts.ts";
import { selects, selectsPods, servicesOf } from "../endpointslice/services.ts";
import { TriggerTimes, withLastChange } from "../endpointslice/trigger-times.ts";
import { WrittenObjects } from "../endpointslice/written.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult, restAfter } from "../reconciler.ts";
import { wantedInNamespace } from "../wanted-in-namespace.ts";
import { planEndpoints } from "./plan.ts";

/** Keeps the older Endpoints object beside the EndpointSlices, for those who still read it. */
export function endpointsController(dependencies: ControllerDependencies): Controller {
  const { client, informers, events, clock } = dependencies;
  const serviceInformer = informers.informer(services);
  const pods = podInformer(informers);
  const endpointsInformer = informers.informer(endpoints);
  const written = new WrittenObjects();
  const triggerTimes = new TriggerTimes();

  async function reconcile(key: string): Promise<ReconcileResult> {
    const service = serviceInformer.get(key);
    const { namespace, name } = splitKey(key);
    if (service === undefined) {
      written.forget(key);
      triggerTimes.forget(key);
      if (endpointsInformer.get(key) !== undefined) await removeEndpoints(namespace, name);
      return undefined;
    }
    if (!selectsPods(service) || isBeingDeleted(service)) return undefined;
    const selected = await wantedInNamespace(pods, namespace, { clock, wants: (pod) => selects(service, pod) });
    const current = await currentEndpoints(key);
    const podsOfService = selected.items.map(endpointPod);
    const lastChange = triggerTimes.next(key, service, podsOfService);
    const planned = planEndpoints({ service, current, pods: podsOfService });
    const restMs = restAfter(selected.looks);
    if (planned === undefined) return { restMs };
    const wanted = withLastChange(planned, lastChange);
    try {
      const answer =
        current === undefined ? await client.create(endpoints, wanted) : await client.update(endpoints, wanted);
      written.noteWrite(key, answer);
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      const [reason, verb] =
        current === undefined ? ["FailedToCreateEndpoint", "create"] : ["FailedToUpdateEndpoint", "update"];
      const message = `Failed to ${verb} endpoint ${key}: ${errorMessage(error)}`;
      events.event(service, { type: "Warning", reason, message });
      throw error;
    }
    return { restMs };
  }

  /** As cached, or as stored when the cache has not seen the last write yet. */
  async function currentEndpoints(key: string): Promise<Endpoints | undefined> {
    if (!written.isBehind(key, () => endpointsInformer.get(key))) return endpointsInformer.get(key);
    try {
      return await client.get(endpoints, splitKey(key));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function removeEndpoints(namespace: string, name: string): Promise<void> {
    try {
      await client.delete(endpoints, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return {
    name: "endpoints-controller",
    workers: 5,
    sources: [
      from(serviceInformer, ({ key }) => [key]),
      from(pods, (change) => servicesOf(serviceInformer, change)),
      from(endpointsInformer, ({ key, after }) => {
        if (after !== undefined) return [];
        written.forget(key);
        return [key];
      }),
    ],
    reconcile,
  };
}
