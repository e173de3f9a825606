import assert from "node:assert/strict";
import { test } from "node:test";
import type { Secret } from "../../api/generated/core/v1.ts";
import { cleanUpOf, INVALID_SINCE, LAST_USED, mountedSecrets } from "./plan.ts";

const account = { metadata: { name: "builder", namespace: "shop", uid: "u1" }, secrets: [{ name: "token" }] };

function secret(over: {
  labels?: Record<string, string>;
  created?: string;
  uid?: string;
  name?: string;
  deleted?: string;
}): Secret {
  const { labels = {}, created = "2024-01-01T00:00:00Z", uid = "u1", name = "token", deleted } = over;
  const annotations = { "kubernetes.io/service-account.name": "builder", "kubernetes.io/service-account.uid": uid };
  const metadata = { name, namespace: "shop", labels, annotations, creationTimestamp: created };
  return { metadata: { ...metadata, ...(deleted === undefined ? {} : { deletionTimestamp: deleted }) } };
}

test("what becomes of a token that was made by itself", () => {
  const cases: [string, Parameters<typeof secret>[0], "mark" | "delete" | undefined][] = [
    ["never used", {}, "mark"],
    ["young", { created: "2026-01-01T00:00:00Z" }, undefined],
    ["used this year", { labels: { [LAST_USED]: "2025-09-01" } }, undefined],
    ["used long ago", { labels: { [LAST_USED]: "2024-09-01" } }, "mark"],
    ["a day that is none", { labels: { [LAST_USED]: "lately" } }, undefined],
    ["marked lately", { labels: { [INVALID_SINCE]: "2025-09-01" } }, undefined],
    ["marked long ago", { labels: { [INVALID_SINCE]: "2024-09-01" } }, "delete"],
    ["used after it was marked", { labels: { [INVALID_SINCE]: "2024-09-01", [LAST_USED]: "2026-01-01" } }, undefined],
    ["a mark that is none", { labels: { [INVALID_SINCE]: "x" } }, "mark"],
    ["of an earlier account", { uid: "u0" }, undefined],
    ["made by hand", { name: "by-hand" }, undefined],
    ["on its way out", { deleted: "2026-01-01T00:00:00Z" }, undefined],
  ];
  for (const [name, over, action] of cases) {
    const facts = {
      account: (key: string) => (key === "shop/builder" ? account : undefined),
      nowMs: Date.parse("2026-03-01"),
    };
    assert.equal(cleanUpOf(secret(over), { ...facts, isMounted: () => false }), action, name);
    const isMounted = (key: string) => key === "shop/token";
    if (over.name === undefined) assert.equal(cleanUpOf(secret(over), { ...facts, isMounted }), undefined, name);
  }
});

test("what pods mount", () => {
  const volumes = [
    { name: "a", secret: { secretName: "token" } },
    { name: "b", emptyDir: {} },
  ];
  assert.deepEqual(
    [...mountedSecrets({ metadata: { namespace: "shop" }, spec: { containers: [], volumes } })],
    ["shop/token"],
  );
});
