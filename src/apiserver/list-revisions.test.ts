import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Pod } from "../api/generated/core/v1.ts";
import { encode } from "./registry/codec.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";
import { askRaw } from "./testing/raw-door.ts";

/** Revisions of what was written, one after the other (upstream's seedMultiLevelData). */
const CREATED = ["first/bar", "second/bar", "second/foo", "third/barfoo", "third/foo", "second/baz"];
let memory: MemoryServer;
let initial: number;
let created: number[];
let updated: number;
let deleted: number;
/** Something else was written since. */
let current: number;

before(async () => {
  memory = await startMemoryServer();
  const { store } = memory;
  const pod = (path: string, nodeName?: string): Buffer => {
    const [namespace, name] = path.split("/");
    const spec = nodeName === undefined ? {} : { nodeName };
    return encode({ apiVersion: "v1", kind: "Pod", metadata: { namespace, name }, spec } as Pod);
  };
  const key = (path: string): string => `/registry/pods/${path}`;
  initial = store.revision();
  created = [];
  for (const path of CREATED) created.push((await store.create(key(path), pod(path))).revision);
  updated = (await store.update(key("first/bar"), pod("first/bar", "fakeNode"), created[0]!)).revision;
  deleted = (await store.delete(key("second/baz"), created[5]!)).revision;
  current = (await store.create("/registry/other/x", Buffer.from("{}"))).revision;
});
after(() => memory.close());

interface Asked {
  readonly in?: string;
  readonly at?: number;
  readonly match?: "Exact" | "NotOlderThan";
  readonly limit?: number;
  readonly fields?: string;
  readonly from?: readonly [after: string, revision: number];
}
interface Expected {
  readonly items: string;
  /** With a token for more, and how many more, where that is told. */
  readonly more?: true | number;
  readonly at?: number;
}

const ALL = "first/bar second/bar second/foo third/barfoo third/foo";

/** As upstream's RunTestList has them. */
const CASES = (): readonly [Asked, Expected | number][] => [
  [{ at: Number.MAX_SAFE_INTEGER }, 504],
  [{ in: "first" }, { items: "first/bar", at: current }],
  [{ in: "first", at: 0 }, { items: "first/bar" }],
  [
    { in: "first", at: initial, match: "Exact" },
    { items: "", at: initial },
  ],
  [{ in: "first", at: 0, match: "NotOlderThan" }, { items: "first/bar" }],
  [{ in: "first", at: initial, match: "NotOlderThan" }, { items: "first/bar" }],
  [{ in: "first", at: deleted }, { items: "first/bar" }],
  [
    { in: "first", at: deleted, match: "Exact" },
    { items: "first/bar", at: deleted },
  ],
  [{ in: "nothing" }, { items: "", at: current }],
  [{ in: "nothing", at: 0 }, { items: "" }],
  [{ in: "first", fields: "metadata.name!=bar" }, { items: "" }],
  [{ in: "first", fields: "metadata.name!=bar", at: deleted, match: "NotOlderThan" }, { items: "" }],
  [
    { in: "second", limit: 1 },
    { items: "second/bar", more: 1, at: current },
  ],
  [
    { in: "second", limit: 1, at: deleted },
    { items: "second/bar", more: 1, at: deleted },
  ],
  [
    { in: "second", limit: 1, at: deleted, match: "Exact" },
    { items: "second/bar", more: 1, at: deleted },
  ],
  [
    { in: "second", limit: 1, at: deleted, match: "NotOlderThan" },
    { items: "second/bar", more: 1 },
  ],
  [
    { in: "second", limit: 1, at: initial, match: "Exact" },
    { items: "", at: initial },
  ],
  [
    { in: "second", limit: 1, from: ["second/bar", deleted] },
    { items: "second/foo", at: deleted },
  ],
  [
    { in: "second", limit: 1, from: ["second/bar", deleted], at: 0 },
    { items: "second/foo", at: deleted },
  ],
  [{ in: "second" }, { items: "second/bar second/foo" }],
  [{ in: "second", at: deleted, match: "NotOlderThan" }, { items: "second/bar second/foo" }],
  ...[{}, { at: deleted, match: "NotOlderThan" as const }].flatMap((how): [Asked, Expected][] => [
    [
      { ...how, fields: "metadata.name=barfoo", limit: 1 },
      { items: "third/barfoo", more: true },
    ],
    [{ ...how, fields: "metadata.name=barfoo", limit: 2 }, { items: "third/barfoo" }],
    [
      { ...how, fields: "metadata.name=bar", limit: 2 },
      { items: "first/bar second/bar", more: true },
    ],
    [{ ...how, fields: "metadata.name=foo", limit: 2 }, { items: "second/foo third/foo" }],
    [{ ...how, fields: "metadata.name=foo", limit: 5 }, { items: "second/foo third/foo" }],
    [{ ...how, fields: "metadata.name=barfoo", limit: 5 }, { items: "third/barfoo" }],
    [{ ...how, fields: "spec.nodeName=fakeNode", limit: 5 }, { items: "first/bar" }],
    [{ ...how, fields: "metadata.name=baz", limit: 5 }, { items: "" }],
    [how, { items: ALL }],
  ]),
  [{ fields: "metadata.name=barfoo", limit: 2, at: 0 }, { items: "third/barfoo" }],
  [{ fields: "metadata.name=foo", limit: 2, from: ["third/barfoo", deleted] }, { items: "third/foo" }],
  [{ fields: "metadata.name=foo", limit: 1, from: ["third/barfoo", deleted] }, { items: "third/foo" }],
  [
    { at: initial, match: "Exact" },
    { items: "", at: initial },
  ],
  [
    { at: created[0]!, match: "Exact" },
    { items: "first/bar", at: created[0]! },
  ],
  [
    { at: created[1]!, match: "Exact" },
    { items: "first/bar second/bar", at: created[1]! },
  ],
  [
    { at: created[2]!, match: "Exact" },
    { items: "first/bar second/bar second/foo", at: created[2]! },
  ],
  [
    { at: created[4]!, match: "Exact" },
    { items: ALL, at: created[4]! },
  ],
  [
    { at: created[5]!, match: "Exact" },
    { items: ALL.replace(" second/f", " second/baz second/f"), at: created[5]! },
  ],
  [
    { at: updated, match: "Exact" },
    { items: ALL.replace(" second/f", " second/baz second/f"), at: updated },
  ],
  [
    { at: deleted, match: "Exact" },
    { items: ALL, at: deleted },
  ],
  [
    { at: current, match: "Exact" },
    { items: ALL, at: current },
  ],
  [{ at: current + 1, match: "Exact" }, 504],
  [
    { at: created[1]!, match: "Exact", limit: 1 },
    { items: "first/bar", more: 1, at: created[1]! },
  ],
  [
    { at: created[2]!, match: "Exact", limit: 2 },
    { items: "first/bar second/bar", more: 1, at: created[2]! },
  ],
  [
    { at: created[3]!, match: "Exact", limit: 4 },
    { items: ALL.replace(" third/foo", ""), at: created[3]! },
  ],
  [
    { at: created[4]!, match: "Exact", limit: 1 },
    { items: "first/bar", more: 4, at: created[4]! },
  ],
  [
    { at: created[5]!, match: "Exact", limit: 2 },
    { items: "first/bar second/bar", more: 4, at: created[5]! },
  ],
  [
    { at: updated, match: "Exact", limit: 4 },
    { items: "first/bar second/bar second/baz second/foo", more: 2, at: updated },
  ],
  [
    { at: deleted, match: "Exact", limit: 8 },
    { items: ALL, at: deleted },
  ],
  [
    { at: current, match: "Exact", limit: 1 },
    { items: "first/bar", more: 4, at: current },
  ],
  [
    { from: ["first/bar", created[1]!], limit: 1 },
    { items: "second/bar", at: created[1]! },
  ],
  [
    { from: ["second/bar", created[2]!], limit: 2 },
    { items: "second/foo", at: created[2]! },
  ],
  [
    { from: ["first/bar", created[4]!], limit: 1 },
    { items: "second/bar", more: 3, at: created[4]! },
  ],
  [
    { from: ["second/bar", created[5]!], limit: 2 },
    { items: "second/baz second/foo", more: 2, at: created[5]! },
  ],
  [
    { from: ["second/foo", updated], limit: 4 },
    { items: "third/barfoo third/foo", at: updated },
  ],
  [
    { from: ["first/bar", current], limit: 1 },
    { items: "second/bar", more: 3, at: current },
  ],
  [{ from: ["first/bar", -1] }, { items: ALL.slice("first/bar ".length), at: current }],
  [
    { from: ["first/bar", -1], limit: 2 },
    { items: "second/bar second/foo", more: 2, at: current },
  ],
  [{ from: ["second/foo", -1] }, { items: "third/barfoo third/foo", at: current }],
  [{ from: ["", deleted] }, 400],
  [{ from: ["first/bar", 0] }, 400],
  [{ from: ["first/bar", deleted], at: 1, limit: 1 }, 400],
  [{ from: ["../../secrets/x", deleted] }, 400],
  [{ at: -1 }, 400],
];

/** As the server writes it, which is upstream's form. */
function tokenOf([path, revision]: readonly [string, number], namespace: string | undefined): string {
  const start = namespace === undefined ? path : path.slice(namespace.length + 1);
  const token = { v: "meta.k8s.io/v1", rv: revision, start: start === "" ? "" : `${start}\0` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

function queryOf({ in: namespace, at, match, limit, fields, from }: Asked): string {
  const query = new URLSearchParams();
  if (at !== undefined) query.set("resourceVersion", String(at));
  if (match !== undefined) query.set("resourceVersionMatch", match);
  if (limit !== undefined) query.set("limit", String(limit));
  if (fields !== undefined) query.set("fieldSelector", fields);
  if (from !== undefined) query.set("continue", tokenOf(from, namespace));
  return `/api/v1/${namespace === undefined ? "" : `namespaces/${namespace}/`}pods?${query}`;
}

test("lists show the revision, the part and the page that they are asked for", async () => {
  for (const [asked, expected] of CASES()) {
    const path = queryOf(asked);
    const { code, json } = await askRaw(memory.server, path);
    const { items, metadata, message } = json();
    if (typeof expected === "number") {
      assert.equal(code, expected, path);
      continue;
    }
    assert.equal(code, 200, `${path}: ${message}`);
    assert.equal(
      items.map((each: Pod) => `${each.metadata?.namespace}/${each.metadata?.name}`).join(" "),
      expected.items,
      path,
    );
    assert.equal(metadata.continue !== undefined, expected.more !== undefined, path);
    assert.equal(metadata.remainingItemCount, expected.more === true ? undefined : expected.more, path);
    if (expected.at !== undefined) assert.equal(metadata.resourceVersion, String(expected.at), path);
    // Whoever goes on from there must find what is left, at the same revision.
    if (metadata.continue === undefined) continue;
    const { rv } = JSON.parse(Buffer.from(metadata.continue, "base64url").toString());
    assert.equal(String(rv), metadata.resourceVersion, path);
  }
});
