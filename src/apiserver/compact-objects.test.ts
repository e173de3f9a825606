import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps } from "../api/generated/resources.ts";
import { entryWithText } from "../api/patch/fields-text.ts";
import { isCompact } from "../base/testing/is-compact.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission/admission.ts";
import { startMemoryServer } from "./testing/memory-server.ts";

test("an object with a getter in its literal is a hash table, and this notices", () => {
  const value = 1;
  const made = {
    get value() {
      return value;
    },
  };
  assert.equal(isCompact(made), false);
  assert.equal(isCompact({ value }), true);
});

test("managed fields that are at hand as text are compact", () => {
  assert.equal(isCompact(entryWithText({ manager: "m", operation: "Update" }, "{}")), true);
});

test("what admission plugins see of a write is compact", async (context) => {
  const seen: AdmissionAttributes[] = [];
  const witness: AdmissionPlugin = {
    name: "Witness",
    handles: ({ resource }) => resource.resource === configMaps.resource,
    validate: (attributes) => void seen.push(attributes),
  };
  const cluster = await startMemoryServer({ admission: () => [witness] });
  context.after(() => cluster.close());
  await cluster.client.create(configMaps, { metadata: { name: "a", namespace: "default" } });
  const [attributes] = seen;
  assert.ok(attributes !== undefined);
  assert.equal(isCompact(attributes), true);
  assert.equal(attributes.signal?.aborted, false);
});
