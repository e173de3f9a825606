import assert from "node:assert/strict";
import { test } from "node:test";
import { invalid, invalidObject, required } from "./field-error.ts";

test("what is wrong twice in the same way is told once, and listed twice", () => {
  const twice = [invalid("spec.scopes", ["A"], "unsupported"), invalid("spec.scopes", ["A"], "unsupported")];
  const { status } = invalidObject({ group: "", kind: "ResourceQuota" }, "a", twice);
  assert.equal(status.message, 'ResourceQuota "a" is invalid: spec.scopes: Invalid value: ["A"]: unsupported');
  assert.equal(status.details?.causes?.length, 2);
});

test("several things that are wrong stand in brackets", () => {
  const errors = [required("spec.a"), required("spec.b")];
  const { status } = invalidObject({ group: "apps", kind: "Deployment" }, "a", errors);
  assert.equal(status.message, 'Deployment.apps "a" is invalid: [spec.a: Required value, spec.b: Required value]');
});
