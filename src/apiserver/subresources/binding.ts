import { setCondition, withoutCondition } from "../../api/conditions.ts";
import type { Binding, Pod, PodCondition } from "../../api/generated/core/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import { badRequest, conflict } from "../../api/status.ts";
import { present } from "../../base/assert.ts";
import { formatTime } from "../../base/clock.ts";
import { type Answer, type Exchange, objectAnswer } from "../exchange.ts";
import { type Environment, writeContext } from "../handlers/environment.ts";
import type { VirtualHandler, VirtualResource } from "../handlers/handler.ts";
import { placeInNamespace } from "../handlers/place-in-namespace.ts";
import { typedBody } from "../handlers/typed-body.ts";
import { admissionAttributes } from "../registry/admit.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { updateObject } from "../registry/update.ts";
import type { Subresource } from "./subresource.ts";

const BINDING = { group: "", version: "v1", kind: "Binding" };

/** Assigns a pod to a node, once (registry/core/pod BindingREST). */
export const bindingSubresource: Subresource = {
  create: (pods, exchange, environment) => bind({ to: pods, pods }, exchange, environment),
};

/** POST of a Binding to its own collection: the older way to say the same; the pod is the one that the Binding is named after. */
export function bindingCollection(table: () => ResourceTable): VirtualHandler {
  return (to, exchange, environment) => {
    const pods = present(table().find("", "v1", "pods"), "the resource pods");
    return bind({ to, pods }, exchange, environment);
  };
}

async function bind(
  { to, pods }: { to: VirtualResource; pods: ServedResource },
  exchange: Exchange,
  environment: Environment,
): Promise<Answer> {
  const { namespace, subresource } = exchange.info;
  const context = writeContext(exchange, environment);
  const binding = await typedBody<Binding>(exchange, BINDING);
  placeInNamespace(to, binding, exchange);
  const name = exchange.info.name || (binding.metadata?.name ?? "");
  const posted = { operation: "CREATE", subresource, object: binding, namespace, name } as const;
  const attributes = admissionAttributes(to, context, posted);
  await to.admission.admit(attributes);
  const node = checkBinding(binding, name);
  await to.admission.validate(attributes);
  const now = environment.clock.now();
  const transform = (current: ApiObject): ApiObject => bound({ pod: current as Pod, binding, node, now });
  const how = { isFresh: true, admission: "already", keepsGeneration: true } as const;
  await updateObject(pods, { namespace, name, subresource: "binding", transform, ...how }, context);
  const success = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } as ApiObject;
  return objectAnswer(success, { code: 201 });
}

/** The node's name. @throws StatusError BadRequest */
function checkBinding({ metadata, target }: Binding, name: string): string {
  if (name === "") throw badRequest("metadata.name: Required value: a Binding is named after its pod");
  if (metadata?.name !== name) throw badRequest("name in URL does not match name in Binding object");
  const node = target?.name ?? "";
  if ((target?.kind ?? "Node") !== "Node" || node === "") {
    throw badRequest('target: a Binding must name the node: target.kind "Node" and target.name');
  }
  return node;
}

function bound(to: { pod: Pod; binding: Binding; node: string; now: number }): Pod {
  const { pod, binding, node, now } = to;
  const name = pod.metadata?.name ?? "";
  const uid = binding.metadata?.uid ?? "";
  const refuse = (why: string): Error => conflict({ group: "", resource: "pods/binding" }, name, why);
  if (uid !== "" && uid !== pod.metadata?.uid)
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata?.uid}`);
  if (pod.metadata?.deletionTimestamp !== undefined)
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if ((pod.spec?.nodeName ?? "") !== "")
    throw refuse(`pod ${name} is already assigned to node "${pod.spec?.nodeName}"`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const { annotations, labels } = binding.metadata ?? {};
  const scheduled: PodCondition = { type: "PodScheduled", status: "True" };
  // Why the pod had no node, and which one it was promised, no longer matters.
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  const others = withoutCondition(status.conditions, scheduled.type);
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(annotations && { annotations: { ...pod.metadata?.annotations, ...annotations } }),
      ...(labels && { labels: { ...pod.metadata?.labels, ...labels } }),
    },
    spec: { ...pod.spec!, nodeName: node },
    status: { ...status, conditions: [...setCondition(others, scheduled, formatTime(now))] },
  };
}
