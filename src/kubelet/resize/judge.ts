import type { Pod } from "../../api/generated/core/v1.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { type AdmissionInput, rejection } from "../pods/admission.ts";
import { podRequests } from "../pods/resources.ts";

/** Why a pod keeps what it has: this node can never give it more, or cannot now. */
export interface ResizeRefusal {
  readonly reason: "Infeasible" | "Deferred";
  readonly message: string;
}

/**
 * Whether the node can give a pod what it wants; undefined when it can. In upstream's words and order. Pure.
 *
 * @param wanted the pod as the API has it
 * @param allocated the pod as it is on the node
 */
export function judgeResize(
  { wanted, allocated }: { readonly wanted: Pod; readonly allocated: Pod },
  input: AdmissionInput,
): ResizeRefusal | undefined {
  if (!equalJson(wanted.spec?.resources ?? {}, allocated.spec?.resources ?? {})) {
    return infeasible("InPlacePodLevelResourcesVerticalScaling is disabled");
  }
  const requests = podRequests(wanted);
  for (const name of ["memory", "cpu"]) {
    const [requested, capacity] = [requests[name] ?? 0, input.allocatable[name] ?? 0];
    if (requested <= capacity) continue;
    return infeasible(`Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`);
  }
  const rejected = rejection(wanted, input);
  return rejected && { reason: "Deferred", message: rejected.message };
}

function infeasible(message: string): ResizeRefusal {
  return { reason: "Infeasible", message };
}
