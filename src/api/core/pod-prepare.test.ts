import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodSpec } from "../generated/core/v1.ts";
import { podKind } from "./pod.ts";

function pod(spec: Partial<PodSpec> = {}): Pod {
  const made: Pod = {
    metadata: { name: "a", namespace: "default" },
    spec: { containers: [{ name: "c", image: "nginx" }], ...structuredClone(spec) },
  };
  podKind.setDefaults!(made);
  return made;
}

test("a pod's own labels go into the selectors that name them by key", () => {
  const made = pod({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: {},
        matchLabelKeys: ["hash", "other"],
      },
    ],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: "zone", labelSelector: {}, mismatchLabelKeys: ["hash"] },
        ],
      },
    },
  });
  made.metadata!.labels = { hash: "1" };
  podKind.prepareForCreate!(made);
  const { topologySpreadConstraints, affinity } = made.spec!;
  assert.deepEqual(topologySpreadConstraints![0]!.labelSelector, {
    matchExpressions: [{ key: "hash", operator: "In", values: ["1"] }],
  });
  assert.deepEqual(affinity!.podAntiAffinity!.requiredDuringSchedulingIgnoredDuringExecution![0]!.labelSelector, {
    matchExpressions: [{ key: "hash", operator: "NotIn", values: ["1"] }],
  });
  assert.deepEqual(podKind.validate!(made), []);
});

test("a key that the client wrote into the selector as well is one too many", () => {
  const made = pod({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { hash: "1" } },
        matchLabelKeys: ["hash"],
      },
    ],
  });
  made.metadata!.labels = { hash: "1" };
  podKind.prepareForCreate!(made);
  assert.deepEqual(
    podKind.validate!(made).map(({ field, message }) => `${field}: ${message}`),
    ['spec.topologySpreadConstraints[0][0]: Invalid value: "hash": exists in both matchLabelKeys and labelSelector'],
  );
});

test("a profile in an annotation becomes a field", () => {
  const made = pod();
  made.metadata!.annotations = { "container.apparmor.security.beta.kubernetes.io/c": "localhost/p" };
  podKind.prepareForCreate!(made);
  assert.deepEqual(made.spec!.containers[0]!.securityContext, {
    appArmorProfile: { type: "Localhost", localhostProfile: "p" },
  });
  assert.deepEqual([...podKind.validate!(made), ...podKind.validateCreate!(made)], []);
});

test("a pod as a whole asks for what its containers do, or for its limits", () => {
  const requests = { cpu: "1", "ephemeral-storage": "1Gi" };
  const made = pod({
    resources: { limits: { cpu: "4", memory: "1Gi" } },
    containers: [
      { name: "a", image: "x", resources: { requests } },
      { name: "b", image: "x", resources: { requests } },
    ],
  });
  assert.deepEqual(made.spec!.resources, {
    limits: { cpu: "4", memory: "1Gi" },
    requests: { cpu: "2", memory: "1Gi" },
  });
});
