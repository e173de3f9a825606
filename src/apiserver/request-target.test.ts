import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { requestInfo } from "./request-info.ts";
import { requestTarget } from "./request-target.ts";

test("requests about the same have the same target, whatever they name", () => {
  const target = (path: string, method = "GET") => requestInfo(method, path, new URLSearchParams()).target;
  const one = target("/api/v1/namespaces/a/pods/x");
  assert.equal(target("/api/v1/namespaces/b/pods/y"), one);
  assert.deepEqual(one, {
    verb: "get",
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "",
    resourceKey: "/v1/pods",
  });
  for (const other of ["/api/v1/namespaces/a/pods/x/status", "/api/v1/namespaces/a/pods", "/apis/apps/v1/pods/x"]) {
    assert.notEqual(target(other), one, other);
  }
  assert.notEqual(target("/api/v1/namespaces/a/pods/x", "DELETE"), one);
});

test("whatever the parts: a target is about them and nothing else", () => {
  const part = fc.stringMatching(/^[a /]{0,3}$/);
  const parts = fc.record({ verb: part, group: part, version: part, resource: part, subresource: part });
  const one = (of: Parameters<typeof requestTarget>[0]): void => {
    const { group, version, resource } = of;
    assert.deepEqual(requestTarget(of), { ...of, resourceKey: `${group}/${version}/${resource}` });
  };
  fc.assert(fc.property(parts, one), { numRuns: 5000 });
  one({ verb: "get", group: "a/b", version: "c", resource: "d", subresource: "" });
  one({ verb: "get", group: "a", version: "b/c", resource: "d", subresource: "" });
  one({ verb: "get", group: "a/b", version: "c", resource: "d", subresource: "" });
});
