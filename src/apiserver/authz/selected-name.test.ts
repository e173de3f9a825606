import assert from "node:assert/strict";
import { test } from "node:test";
import { selectedName } from "./selected-name.ts";

test("a field selector may name one object", () => {
  const cases: [string, string][] = [
    ["", ""],
    ["metadata.name=web", "web"],
    ["metadata.name==web,spec.nodeName=n", "web"],
    ["spec.nodeName=n,metadata.name=web", "web"],
    ["metadata.name!=web", ""],
    ["spec.nodeName=n", ""],
    ["metadata.name=a/b", ""],
    ["metadata.name=..", ""],
    ["metadata.name=web,===", ""],
    ["metadata.namespace=web", ""],
  ];
  for (const [selector, name] of cases) assert.equal(selectedName(selector), name, selector);
});
