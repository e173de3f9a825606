import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodSpec } from "../generated/core/v1.ts";
import { podKind } from "./pod.ts";

function check(annotations: Record<string, string>, spec: Partial<PodSpec> = {}): string[] {
  const pod: Pod = {
    metadata: { name: "a", namespace: "default", annotations },
    spec: { containers: [{ name: "c", image: "nginx" }], serviceAccountName: "default", ...structuredClone(spec) },
  };
  podKind.setDefaults!(pod);
  return [...podKind.validate!(pod), ...podKind.validateCreate!(pod)].map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

const annotated: readonly [string, string, readonly string[]][] = [
  [
    "controller.kubernetes.io/pod-deletion-cost",
    "+1",
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
  ],
  [
    "kubernetes.io/config.mirror",
    "x",
    [
      'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "": must set spec.nodeName if mirror pod annotation is set',
    ],
  ],
  [
    "container.apparmor.security.beta.kubernetes.io/d",
    "other",
    [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: "d": container not found',
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: "other": invalid AppArmor profile name: "other"',
    ],
  ],
  [
    "seccomp.security.alpha.kubernetes.io/pod",
    "other",
    [
      'metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "other": must be a valid seccomp profile',
    ],
  ],
];
for (const [key, value, expected] of annotated) {
  test(`refused: annotation ${key}`, () => assert.deepEqual(check({ [key]: value }), expected));
}

test("an annotation and the field that took its place say the same", () => {
  const annotations = {
    "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
    "container.apparmor.security.beta.kubernetes.io/c": "localhost/p",
  };
  const spec = (type: string, localhostProfile: string): Partial<PodSpec> => ({
    securityContext: { seccompProfile: { type } },
    containers: [
      { name: "c", image: "x", securityContext: { appArmorProfile: { type: "Localhost", localhostProfile } } },
    ],
  });
  assert.deepEqual(check(annotations, spec("RuntimeDefault", "p")), []);
  assert.deepEqual(check(annotations, spec("Unconfined", "q")), [
    "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
    "spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match",
  ]);
});

test("tolerations in an annotation are as good as others", () => {
  const key = "scheduler.alpha.kubernetes.io/tolerations";
  assert.deepEqual(check({ [key]: '[{"operator":"Exists","value":"v"}]' }), [
    `metadata.annotations.${key}[0].operator: Invalid value: "v": value must be empty when \`operator\` is 'Exists'`,
  ]);
});
