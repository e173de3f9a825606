import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec } from "../../api/generated/core/v1.ts";
import { sandboxSecurityContext } from "./security.ts";

test("the pause program has a filter where containers share its processes, and needs none where nobody sees it", () => {
  const cases: readonly (readonly [Partial<PodSpec>, string])[] = [
    [{}, "Unconfined"],
    [{ hostNetwork: true }, "Unconfined"],
    [{ hostPID: true }, "Unconfined"],
    [{ shareProcessNamespace: false }, "Unconfined"],
    [{ shareProcessNamespace: true }, "RuntimeDefault"],
    [{ securityContext: { seccompProfile: { type: "Localhost", localhostProfile: "p.json" } } }, "Unconfined"],
  ];
  for (const [spec, profileType] of cases) {
    const pod = { spec: { containers: [{ name: "c" }], ...spec } };
    assert.equal(sandboxSecurityContext(pod).seccomp?.profileType, profileType, JSON.stringify(spec));
  }
});
