import type { Container, LimitRange, PersistentVolumeClaim, Pod } from "../../api/generated/core/v1.ts";
import { limitRanges } from "../../api/generated/resources.ts";
import { aggregate } from "../../api/go-text.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { atOnce } from "../../base/at-once.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { type Amounts, constraintProblems, requestProblems } from "./limit-constraints.ts";
import { podUsage } from "./pod-usage.ts";
import { draftOf, isAbout, isResource, refuse } from "./refuse.ts";

type Item = NonNullable<NonNullable<LimitRange["spec"]>["limits"]>[number];

const ANNOTATION = "kubernetes.io/limit-ranger";

/** Gives containers the namespace's default requests and limits, and refuses what is outside its bounds. */
export function limitRanger({ reader }: AdmissionDependencies): AdmissionPlugin {
  const ranges = (namespace: string) => reader.list(limitRanges, namespace);
  return {
    name: "LimitRanger",
    handles,
    admit(attributes) {
      if (!isAbout(attributes, "pods") || attributes.operation !== "CREATE") return;
      return atOnce(ranges(attributes.namespace), (found) => {
        for (const range of found) setDefaults(draftOf<Pod>(attributes), itemsOf(range));
      });
    },
    validate: (attributes) => atOnce(ranges(attributes.namespace), (found) => check(attributes, found)),
  };
}

function check(attributes: AdmissionAttributes, ranges: readonly LimitRange[]): void {
  const problems = ranges.flatMap((range) => itemsOf(range).flatMap((item) => problemsOf(attributes, item)));
  if (problems.length > 0) throw refuse(attributes, aggregate([...new Set(problems)]));
}

/** A pod's amounts change through its own subresource only; claims may grow. */
function handles(attributes: AdmissionAttributes): boolean {
  const { operation, oldObject, subresource } = attributes;
  if (subresource === "resize") return operation === "UPDATE" && isResource(attributes, "pods");
  if (isAbout(attributes, "pods")) return operation === "CREATE";
  if (!isAbout(attributes, "persistentvolumeclaims")) return false;
  if (operation === "CREATE") return true;
  return operation === "UPDATE" && oldObject !== undefined && !isBeingDeleted(oldObject);
}

function itemsOf(range: LimitRange): readonly Item[] {
  return range.spec?.limits ?? [];
}

function problemsOf(attributes: AdmissionAttributes, item: Item): string[] {
  if (isAbout(attributes, "persistentvolumeclaims")) {
    const claim = draftOf<PersistentVolumeClaim>(attributes);
    return item.type === "PersistentVolumeClaim" ? requestProblems(item, claim.spec?.resources?.requests ?? {}) : [];
  }
  const pod = draftOf<Pod>(attributes);
  if (item.type === "Pod") return constraintProblems(item, podUsage(pod));
  if (item.type !== "Container") return [];
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap(({ resources }) =>
    constraintProblems(item, { requests: resources?.requests ?? {}, limits: resources?.limits ?? {} }),
  );
}

/** Later items win over earlier ones, and whatever the container says wins over all. */
function setDefaults(pod: Pod, items: readonly Item[]): void {
  let requests: Amounts = {};
  let limits: Amounts = {};
  for (const item of items) {
    if (item.type !== "Container") continue;
    requests = { ...requests, ...item.defaultRequest };
    limits = { ...limits, ...item.default };
  }
  const set = [
    ...(pod.spec?.containers ?? []).flatMap((container) => fill(container, "container", { requests, limits })),
    ...(pod.spec?.initContainers ?? []).flatMap((container) => fill(container, "init container", { requests, limits })),
  ];
  if (set.length === 0) return;
  pod.metadata ??= {};
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${set.join("; ")}` };
}

/** Fills in what is missing; says what that was. */
function fill(container: Container, kind: string, defaults: { requests: Amounts; limits: Amounts }): string[] {
  const texts: string[] = [];
  for (const list of ["requests", "limits"] as const) {
    const present = container.resources?.[list];
    const missing = Object.keys(defaults[list])
      .filter((name) => present?.[name] === undefined)
      .sort();
    if (missing.length === 0) continue;
    container.resources = { ...container.resources, [list]: { ...defaults[list], ...present } };
    texts.push(`${missing.join(", ")} ${list.slice(0, -1)} for ${kind} ${container.name}`);
  }
  return texts;
}
