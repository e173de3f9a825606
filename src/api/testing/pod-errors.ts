import { podKind } from "../core/pod.ts";
import { podTemplateKind } from "../core/pod-template-kind.ts";
import type { Container, Pod, PodSpec, PodTemplate } from "../generated/core/v1.ts";
import { cloneJson } from "../patch/json-value.ts";

/** What a test says of a pod; the rest is that of a pod with which nothing is wrong. */
export interface PodDraft extends Partial<PodSpec> {
  annotations?: Record<string, string>;
}

/** A pod with its defaults. */
export function draftPod({ annotations, ...spec }: PodDraft): Pod {
  const pod: Pod = {
    metadata: { name: "a", namespace: "default", ...(annotations && { annotations }) },
    spec: { containers: [{ name: "c", image: "nginx" }], serviceAccountName: "default", ...cloneJson(spec) },
  };
  podKind.setDefaults!(pod);
  return pod;
}

/** What is wrong with a pod as it is made or, with a second one, when that becomes the first. */
export function podErrors(draft: PodDraft, before?: PodDraft): string[] {
  const pod = draftPod(draft);
  if (before === undefined) return lines([...podKind.validate!(pod), ...podKind.validateCreate!(pod)]);
  const old = draftPod(before);
  return lines([...podKind.validate!(pod, old), ...podKind.validateUpdate!(pod, old)]);
}

/** The one container of a pod. */
export const oneContainer = (fields: Partial<Container>): PodDraft => ({
  containers: [{ name: "c", image: "nginx", ...fields }],
});

export const lines = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

/** What is wrong with the template of a PodTemplate. */
export function templateErrors(spec: PodSpec, annotations?: Record<string, string>): string[] {
  const object: PodTemplate = {
    template: { metadata: { ...(annotations && { annotations }) }, spec: cloneJson(spec) },
  };
  podTemplateKind.setDefaults!(object);
  return lines(podTemplateKind.validate!(object));
}
