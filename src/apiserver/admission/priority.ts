import type { Pod } from "../../api/generated/core/v1.ts";
import { priorityClasses } from "../../api/generated/resources.ts";
import type { PriorityClass } from "../../api/generated/scheduling.k8s.io/v1.ts";
import { atOnce } from "../../base/at-once.ts";
import type { ObjectReader } from "../reader.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, refuse } from "./refuse.ts";

const DEFAULT_PRIORITY = 0;
const DEFAULT_POLICY = "PreemptLowerPriority";
const GROUP = "scheduling.k8s.io";

/** Gives every pod its priority as a number, and lets at most one PriorityClass be the default. */
export function priority({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "Priority",
    handles: (attributes) =>
      (attributes.operation === "CREATE" || attributes.operation === "UPDATE") &&
      (isAbout(attributes, "pods") || isAbout(attributes, "priorityclasses", GROUP)),
    admit(attributes) {
      if (!isAbout(attributes, "pods")) return;
      if (attributes.operation === "CREATE") {
        return atOnce(classOf(attributes, reader), (found) => setPriority(attributes, found));
      }
      keepPriority(attributes);
    },
    validate: (attributes) =>
      isAbout(attributes, "priorityclasses", GROUP) ? checkDefault(attributes, reader) : undefined,
  };
}

type Found = PriorityClass | undefined;

/** The class that a pod names, or the default. */
function classOf(attributes: AdmissionAttributes, reader: ObjectReader): Found | Promise<Found> {
  const name = draftOf<Pod>(attributes).spec?.priorityClassName;
  return name ? reader.get(priorityClasses, undefined, name) : atOnce(reader.list(priorityClasses), defaultOf);
}

function setPriority(attributes: AdmissionAttributes, found: Found): void {
  const spec = draftOf<Pod>(attributes).spec;
  if (spec === undefined) return;
  if (spec.priorityClassName && found === undefined) {
    throw refuse(attributes, `no PriorityClass with name ${spec.priorityClassName} was found`);
  }
  if (found !== undefined) spec.priorityClassName = found.metadata?.name ?? "";
  const value = found?.value ?? DEFAULT_PRIORITY;
  const policy = found?.preemptionPolicy ?? DEFAULT_POLICY;
  const computed = "from the given PriorityClass name";
  if (spec.priority !== undefined && spec.priority !== value) {
    const what = `the integer value of priority (${spec.priority}) must not be provided in pod spec`;
    throw refuse(attributes, `${what}; priority admission controller computed ${value} ${computed}`);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const what = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec`;
    throw refuse(attributes, `${what}; priority admission controller computed ${policy} ${computed}`);
  }
  spec.priority = value;
  spec.preemptionPolicy = policy;
}

/** Clients that know nothing of these fields must not take them away. */
function keepPriority(attributes: AdmissionAttributes): void {
  const spec = draftOf<Pod>(attributes).spec;
  const old = (attributes.oldObject as Pod).spec;
  if (spec === undefined || old === undefined) return;
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) {
    spec.preemptionPolicy = old.preemptionPolicy;
  }
}

/** The lowest of the defaults: there may be several for a moment. */
function defaultOf(classes: readonly PriorityClass[]): PriorityClass | undefined {
  const defaults = classes.filter((each) => each.globalDefault === true);
  return defaults.sort((left, right) => (left.value ?? 0) - (right.value ?? 0))[0];
}

async function checkDefault(attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  const draft = draftOf<PriorityClass>(attributes);
  if (draft.globalDefault !== true) return;
  const present = defaultOf(await reader.list(priorityClasses));
  if (present === undefined || present.metadata?.name === draft.metadata?.name) return;
  throw refuse(
    attributes,
    `PriorityClass ${present.metadata?.name} is already marked as default. Only one default can exist`,
  );
}
