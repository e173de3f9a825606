import { isDeepStrictEqual } from "node:util";
import { invalid, invalidObject } from "../../../api/field-error.ts";
import type { Namespace, Pod, PodTemplateSpec } from "../../../api/generated/core/v1.ts";
import { namespaces } from "../../../api/generated/resources.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "../admission.ts";
import { isAbout, isResource, refuse } from "../refuse.ts";
import type { PodLike } from "./check.ts";
import { labelProblems, policyOf, policyText, violationsOf } from "./policy.ts";

/** Refuses pods that do not keep to the Pod Security Standard that their namespace's labels ask for, or warns of them. */
export function podSecurity({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "PodSecurity",
    handles: (attributes) => attributes.operation === "CREATE" || attributes.operation === "UPDATE",
    async validate(attributes) {
      if (isAbout(attributes, "namespaces")) return checkLabels(attributes);
      const pod = podOf(attributes);
      if (pod === undefined) return;
      const labels = (await reader.get(namespaces, undefined, attributes.namespace))?.metadata?.labels;
      if (isResource(attributes, "pods")) {
        const policy = policyOf(labels, "enforce");
        const found = violationsOf(pod, policy);
        if (found !== undefined) throw refuse(attributes, `violates PodSecurity "${policyText(policy)}": ${found}`);
      }
      const policy = policyOf(labels, "warn");
      const found = violationsOf(pod, policy);
      if (found !== undefined) attributes.warn(`would violate PodSecurity "${policyText(policy)}": ${found}`);
    },
  };
}

/** The pod that is written, or the template of the pods that will be; undefined when nothing about it changes. */
function podOf(attributes: AdmissionAttributes): PodLike | undefined {
  const { object, oldObject, subresource } = attributes;
  if (object === undefined) return undefined;
  if (isResource(attributes, "pods")) {
    if (subresource !== "" && subresource !== "ephemeralcontainers" && subresource !== "resize") return undefined;
    const pod = object as Pod;
    if (pod.spec === undefined || isDeepStrictEqual(pod.spec, (oldObject as Pod | undefined)?.spec)) return undefined;
    return { metadata: pod.metadata, spec: pod.spec };
  }
  if (subresource !== "") return undefined;
  const path = TEMPLATES[`${attributes.resource.group}/${attributes.resource.resource}`];
  const template = path === undefined ? undefined : (at(object, path) as PodTemplateSpec | undefined);
  return template?.spec === undefined ? undefined : { metadata: template.metadata, spec: template.spec };
}

const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  "/podtemplates": ["template"],
  "/replicationcontrollers": ["spec", "template"],
  "apps/daemonsets": ["spec", "template"],
  "apps/deployments": ["spec", "template"],
  "apps/replicasets": ["spec", "template"],
  "apps/statefulsets": ["spec", "template"],
  "batch/jobs": ["spec", "template"],
  "batch/cronjobs": ["spec", "jobTemplate", "spec", "template"],
};

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function checkLabels(attributes: AdmissionAttributes): void {
  const { metadata } = attributes.object as Namespace;
  const old = attributes.oldObject?.metadata?.labels;
  const problems = labelProblems(metadata?.labels).filter(({ label, value }) => old?.[label] !== value);
  if (problems.length === 0) return;
  const errors = problems.map(({ label, value, detail }) => invalid(`metadata.labels[${label}]`, value, detail));
  throw invalidObject({ group: "", kind: "Namespace" }, metadata?.name ?? "", errors);
}
