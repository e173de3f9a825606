import type { Container, Pod, PodTemplateSpec } from "../../../api/generated/core/v1.ts";
import type { ObjectMeta } from "../../../api/meta.ts";
import type { AdmissionAttributes } from "../admission.ts";
import { isResource } from "../refuse.ts";
import type { PodLike } from "./check.ts";

const SUBRESOURCES = ["", "ephemeralcontainers", "resize"];

/** Where pods' templates are, by `group/resource`. */
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

/** The pod that is written, or the template of pods that will be; undefined when nothing about it matters. */
export function judgedPod(attributes: AdmissionAttributes): PodLike | undefined {
  const { object, oldObject, subresource, operation } = attributes;
  if (object === undefined) return undefined;
  if (isResource(attributes, "pods")) {
    const pod = object as Pod;
    if (!SUBRESOURCES.includes(subresource) || pod.spec === undefined) return undefined;
    if (operation === "UPDATE" && oldObject !== undefined && !isSignificant(pod, oldObject as Pod)) return undefined;
    return { metadata: pod.metadata, spec: pod.spec };
  }
  if (subresource !== "") return undefined;
  const path = TEMPLATES[`${attributes.resource.group}/${attributes.resource.resource}`];
  const template = path === undefined ? undefined : (at(object, path) as PodTemplateSpec | undefined);
  return template?.spec === undefined ? undefined : { metadata: template.metadata, spec: template.spec };
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

/** Only other images and new containers make another pod of it; its owner may do the rest whatever the level is now. */
function isSignificant(pod: Pod, old: Pod): boolean {
  const lists = ["containers", "initContainers", "ephemeralContainers"] as const;
  return lists.some((list) => {
    const [now, before] = [pod.spec?.[list] ?? [], old.spec?.[list] ?? []];
    if (now.length !== before.length) return true;
    return now.some((container, index) => {
      const known = before[index] as Container;
      return (
        container.image !== known.image ||
        confinement(pod.metadata, container.name) !== confinement(old.metadata, known.name)
      );
    });
  });
}

/** Profiles that are said in annotations still. */
function confinement(metadata: ObjectMeta | undefined, container: string): string {
  const { annotations = {} } = metadata ?? {};
  const keys = [
    `container.apparmor.security.beta.kubernetes.io/${container}`,
    `container.seccomp.security.alpha.kubernetes.io/${container}`,
  ];
  return keys.map((key) => annotations[key] ?? "").join("|");
}
