import { type FieldError, invalid, required } from "../field-error.ts";
import type { Taint } from "../generated/core/v1.ts";
import { validateTaints } from "./node-taints.ts";

const TAINTS = "scheduler.alpha.kubernetes.io/taints";
const AVOID_PODS = "scheduler.alpha.kubernetes.io/preferAvoidPods";

/** An object as old schedulers read it from an annotation: whose pods the node would rather not have. */
interface AvoidPods {
  readonly preferAvoidPods?: readonly { readonly podSignature?: { readonly podController?: Controller } }[];
}

interface Controller {
  readonly controller?: boolean;
}

/** What is wrong with annotations of old that still have to be well-formed. @param field of the annotations */
export function validateNodeAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const { [TAINTS]: taints = "", [AVOID_PODS]: avoided = "" } = annotations ?? {};
  const errors: FieldError[] = [];
  if (taints !== "") {
    const read = readJson<Taint[] | null>(taints);
    if ("wrong" in read) errors.push(invalid(field, TAINTS, read.wrong));
    else errors.push(...validateTaints(read.value ?? [], `${field}.${TAINTS}`));
  }
  if (avoided === "") return errors;
  const read = readJson<AvoidPods | null>(avoided);
  if ("wrong" in read) return [...errors, invalid(`${field}.AvoidPods`, AVOID_PODS, read.wrong)];
  return [...errors, ...validateAvoidPods(read.value ?? {}, `${field}.${AVOID_PODS}`)];
}

function validateAvoidPods({ preferAvoidPods = [] }: AvoidPods, field: string): FieldError[] {
  return preferAvoidPods.flatMap(({ podSignature }, index) => {
    const path = `${field}[${index}].PodSignature`;
    const owner = podSignature?.podController;
    if (owner === undefined) return [required(path)];
    if (owner.controller === true) return [];
    return [invalid(`${path}.PodController.Controller`, false, "must point to a controller")];
  });
}

function readJson<T>(text: string): { value: T } | { wrong: string } {
  try {
    return { value: JSON.parse(text) as T };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : "no JSON" };
  }
}
