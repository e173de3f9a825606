import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceClaim, TopologySpreadConstraint } from "../generated/core/v1.ts";
import { oneContainer, type PodDraft, podErrors, templateErrors } from "../testing/pod-errors.ts";

/** Rules of what pods ask for: amounts, claims, and places beside or away from others. */

const C = "spec.containers[0].resources";
const PAGES = "hugepages-2Mi";
const claim = { name: "a", resourceClaimName: "a" };
const claims = (...list: ResourceClaim[]): PodDraft => ({
  resourceClaims: [claim],
  ...oneContainer({ resources: { claims: list } }),
});
const spread = (fields: Partial<TopologySpreadConstraint>): PodDraft => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", ...fields }],
});
const avoid = (fields: object): PodDraft => ({
  affinity: {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", ...fields }] },
  },
});
const A = "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]";
const BOTH = "exists in both matchLabelKeys and labelSelector";

const cases: readonly [string, PodDraft, readonly string[]][] = [
  [
    "what a pod of Windows cannot ask for as a whole",
    { os: { name: "windows" }, resources: { claims: [], limits: { storage: "1" } } },
    ["spec.resources: Forbidden: may not be set for a windows pod"],
  ],
  [
    "claims of the pod as a whole",
    { resourceClaims: [claim], resources: { claims: [{ name: "b" }], limits: { cpu: "1" } } },
    [
      "spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level",
      'spec.resources.claims[0]: Not found: "b": must be one of the names in pod.spec.resourceClaims: a',
    ],
  ],
  [
    "resources that no pod has as a whole",
    { resources: { limits: { cpus: "1", storage: "1" } } },
    [
      'spec.resources.limits[cpus]: Invalid value: "cpus": must be a standard resource type or fully qualified',
      'spec.resources.limits[storage]: Unsupported value: "storage": supported values: "cpu", "hugepages-", "memory"',
    ],
  ],
  [
    "more huge pages in containers than in their pod",
    {
      resources: { limits: { cpu: "4", [PAGES]: "4Mi" } },
      containers: ["a", "b"].map((name) => ({
        name,
        image: "x",
        resources: { limits: { cpu: "1", [PAGES]: "4Mi" } },
      })),
    },
    [
      `spec.resources.requests[${PAGES}]: Invalid value: "4Mi": must be greater than or equal to aggregate container requests of 8Mi`,
      `spec.resources.limits[${PAGES}]: Invalid value: "4Mi": must be greater than or equal to aggregate container limits of 8Mi`,
    ],
  ],
  [
    "part of something that there is not",
    oneContainer({ resources: { limits: { "example.com/a": "-500m" } } }),
    [
      `${C}.limits[example.com/a]: Invalid value: "-500m": must be greater than or equal to 0`,
      `${C}.limits[example.com/a]: Invalid value: "-500m": must be an integer`,
      `${C}.requests[example.com/a]: Invalid value: "-500m": must be greater than or equal to 0`,
      `${C}.requests[example.com/a]: Invalid value: "-500m": must be an integer`,
    ],
  ],
  [
    "a claim and then parts of it",
    claims({ name: "a" }, { name: "a", request: "*" }),
    [`${C}.claims[1]: Duplicate value: "a"`],
  ],
  [
    "parts of a claim and then all of it",
    claims({ name: "a", request: "x" }, { name: "a", request: "y" }, { name: "a", request: "x" }, { name: "a" }),
    [
      `${C}.claims[2]: Duplicate value: "a/x"`,
      `${C}.claims[3]: Duplicate value: "a"`,
      `${C}.claims[3]: Duplicate value: "a"`,
    ],
  ],
  [
    "claims of a pod from a file",
    { resourceClaims: [claim, claim], nodeName: "n", annotations: { "kubernetes.io/config.mirror": "x" } },
    [
      "[]: Forbidden: static pods do not support resource claims",
      "[]: Forbidden: static pods do not support resource claims",
    ],
  ],
  [
    "keys that the selector has twice",
    spread({
      matchLabelKeys: ["/a", "b"],
      labelSelector: {
        matchLabels: { c: "d" },
        matchExpressions: [
          { key: "b", operator: "In", values: ["1"] },
          { key: "b", operator: "Exists" },
        ],
      },
    }),
    [
      `spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "/a": prefix part must be non-empty`,
      `spec.topologySpreadConstraints[0][1]: Invalid value: "b": ${BOTH}`,
    ],
  ],
  [
    "keys without a selector, and keys that match and do not",
    avoid({ matchLabelKeys: ["a"], mismatchLabelKeys: ["a"] }),
    [
      `${A}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
      `${A}.mismatchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
      `${A}.matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys`,
    ],
  ],
  [
    "a key that must not match and is selected by",
    avoid({ mismatchLabelKeys: ["a"], labelSelector: { matchLabels: { a: "b" } } }),
    [],
  ],
];
for (const [name, draft, expected] of cases) {
  test(`resources: ${name}`, () => assert.deepEqual(podErrors(draft), expected));
}

test("in a template a key may stand in the selector: only with the pod's own value it is one too many", () => {
  const { topologySpreadConstraints = [] } = spread({
    matchLabelKeys: ["a"],
    labelSelector: { matchLabels: { a: "b" } },
  });
  const spec = { containers: [{ name: "c", image: "x" }], topologySpreadConstraints };
  assert.deepEqual(templateErrors(spec), []);
});
