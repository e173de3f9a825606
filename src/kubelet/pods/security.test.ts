import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec } from "../../api/generated/core/v1.ts";
import { sandboxSecurityContext } from "./security.ts";

test("the pause program always has the default filter, whatever its pod's containers have", () => {
  const cases: readonly Partial<PodSpec>[] = [
    {},
    { hostNetwork: true },
    { shareProcessNamespace: true },
    { securityContext: { seccompProfile: { type: "Unconfined" } } },
  ];
  for (const spec of cases) {
    const pod = { spec: { containers: [{ name: "c" }], ...spec } };
    assert.equal(sandboxSecurityContext(pod).seccomp?.profileType, "RuntimeDefault", JSON.stringify(spec));
  }
});
