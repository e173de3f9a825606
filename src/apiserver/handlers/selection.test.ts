import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "../../api/meta.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { ServedResource } from "../registry/resource.ts";
import { fieldOf } from "./selection.ts";

type Pod = ApiObject & { spec: { nodeName?: string }; status: { phase: string } };

const resource = {
  schema: { namespaced: true },
  storage: { prefix: "/registry/pods/" },
  kind: {
    selectableFields: {
      "spec.nodeName": (pod: Pod) => pod.spec.nodeName ?? "",
      "status.phase": (pod: Pod) => pod.status.phase,
    },
  },
} as unknown as ServedResource;

function entry(name: string, phase: string): CacheEntry {
  const pod = { metadata: { name, namespace: "shop" }, spec: {}, status: { phase } };
  return { key: `/registry/pods/shop/${name}`, revision: 1, bytes: Buffer.from(JSON.stringify(pod)) };
}

test("fields are those of the object, its name and namespace those of its key", () => {
  const of = entry("web-1", "Running");
  assert.deepEqual(
    ["metadata.name", "metadata.namespace", "status.phase", "spec.nodeName", "status.phase"].map((field) =>
      fieldOf(resource, of, field),
    ),
    ["web-1", "shop", "Running", "", "Running"],
  );
});

test("only what was selected by is kept, and once for objects that are alike", () => {
  const [a, b, c] = [entry("a", "Pending"), entry("b", "Pending"), entry("c", "Failed")];
  for (const each of [a, b, c]) fieldOf(resource, each, "status.phase");
  assert.equal(a.fields, b.fields);
  assert.notEqual(a.fields, c.fields);
  const names = Object.keys(a.fields ?? {});
  assert.deepEqual(names.toSorted(), ["spec.nodeName", "status.phase"]);
});
