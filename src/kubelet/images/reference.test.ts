import assert from "node:assert/strict";
import { test } from "node:test";
import { applyDefaultImageTag, repositoryOf } from "./reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

for (const [image, wanted] of [
  ["nginx", "nginx:latest"],
  ["nginx:1.25", "nginx:1.25"],
  ["library/nginx", "library/nginx:latest"],
  ["localhost:5000/a/b", "localhost:5000/a/b:latest"],
  ["example.org/a_b/c-d:v1.0_x", "example.org/a_b/c-d:v1.0_x"],
  [`nginx@${DIGEST}`, `nginx@${DIGEST}`],
  [`nginx:1@${DIGEST}`, `nginx:1@${DIGEST}`],
  ["[::1]:5000/a", "[::1]:5000/a:latest"],
] as const) {
  test(`reads ${image}`, () => assert.equal(applyDefaultImageTag(image), wanted));
}

for (const [image, problem] of [
  ["UPPER/Case", "invalid reference format: repository name must be lowercase"],
  ["a//b", "invalid reference format"],
  ["nginx:", "invalid reference format"],
  ["nginx:ta g", "invalid reference format"],
  ["nginx@sha256:short", "invalid reference format"],
  ["", "repository name must have at least one component"],
] as const) {
  test(`refuses ${JSON.stringify(image)}`, () => {
    assert.throws(() => applyDefaultImageTag(image), { message: `couldn't parse image name "${image}": ${problem}` });
  });
}

test("knows the registry of a name", () => {
  assert.deepEqual(repositoryOf("nginx:1"), { registry: "docker.io", repository: "library/nginx" });
  assert.deepEqual(repositoryOf("me/app"), { registry: "docker.io", repository: "me/app" });
  assert.deepEqual(repositoryOf("localhost/app"), { registry: "localhost", repository: "app" });
  assert.deepEqual(repositoryOf("r.example.org:5000/a/b:1"), { registry: "r.example.org:5000", repository: "a/b" });
});
