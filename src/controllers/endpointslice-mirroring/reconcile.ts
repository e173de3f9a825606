import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { endpointSlices, endpoints, services } from "../../api/generated/resources.ts";
import { isBeingDeleted, joinKey, splitKey } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from "../endpointslice/plan.ts";
import { WrittenObjects } from "../endpointslice/written.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult } from "../reconciler.ts";
import { isMirrored, MIRRORED_BY, planMirror } from "./plan.ts";

/** When the informer has not shown an own write for so long, look again. */
const LOOK_AGAIN_MS = 200;

/** Makes EndpointSlices of Endpoints that people keep by hand, so that everybody may read slices only. */
export function endpointSliceMirroringController({ client, informers, clock }: ControllerDependencies): Controller {
  const endpointsInformer = informers.informer(endpoints);
  const serviceInformer = informers.informer(services);
  const sliceInformer = informers.projected({
    resource: endpointSlices,
    labelSelector: `${MANAGED_BY_LABEL}=${MIRRORED_BY}`,
    project: (slice) => slice,
    indexes: { service: (slice) => [keyOfService(slice)] },
  });
  const written = new WrittenObjects();

  async function reconcile(key: string): Promise<ReconcileResult> {
    const { namespace } = splitKey(key);
    const found = endpointsInformer.get(key);
    const source = isMirrored(found, serviceInformer.get(key)) ? found : undefined;
    const cached = (name: string) => sliceInformer.get(joinKey(namespace, name));
    if (written.mustWait(key, cached, clock)) return { requeueAfterMs: LOOK_AGAIN_MS };
    const slices = sliceInformer.by("service", key).filter((slice) => !isBeingDeleted(slice));
    const plan = planMirror(source, slices);
    try {
      for (const slice of plan.create) written.noteWrite(key, await client.create(endpointSlices, slice));
      for (const slice of plan.update) written.noteWrite(key, await client.update(endpointSlices, slice));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
    for (const slice of plan.remove) await remove(key, slice);
    return undefined;
  }

  async function remove(key: string, { metadata }: EndpointSlice): Promise<void> {
    const name = metadata?.name ?? "";
    written.noteRemoval(key, name);
    try {
      await client.delete(endpointSlices, { namespace: metadata?.namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return {
    name: "endpointslice-mirroring-controller",
    workers: 5,
    sources: [
      from(endpointsInformer, ({ key }) => [key]),
      from(serviceInformer, ({ key }) => [key]),
      from(sliceInformer, ({ before, after }) => {
        const slice = (after ?? before)!;
        const key = keyOfService(slice);
        if (after === undefined) written.noteGone(key, slice.metadata?.name ?? "");
        return !written.isAwaited(key) && written.isAsWritten(key, slice) ? [] : [key];
      }),
    ],
    reconcile,
  };
}

function keyOfService({ metadata }: EndpointSlice): string {
  return joinKey(metadata?.namespace, metadata?.labels?.[SERVICE_NAME_LABEL] ?? "");
}
