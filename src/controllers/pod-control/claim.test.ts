import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pods } from "../../api/generated/resources.ts";
import type { ApiObject } from "../../api/meta.ts";
import { notFound } from "../../api/status.ts";
import { Client } from "../../client/client.ts";
import { createScriptedTransport } from "../../client/scripted-transport.ts";
import { claimObjects, claimOf } from "./claim.ts";

const deletionTimestamp = "2026-01-01T00:00:00Z";
const reference = (uid: string) => ({ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid, controller: true });

function owner(more: object = {}) {
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "web", namespace: "a", uid: "u1", ...more } };
}

function pod(name: string, ownerUid?: string, more: object = {}): ApiObject {
  const ownerReferences = ownerUid === undefined ? undefined : [reference(ownerUid)];
  return { metadata: { name, namespace: "a", uid: `uid-${name}`, ownerReferences, ...more } };
}

describe("claim", () => {
  for (const [what, of, object, matches, claim] of [
    ["owned and matching", owner(), pod("p", "u1"), true, "own"],
    ["owned, no longer matching", owner(), pod("p", "u1"), false, "release"],
    [
      "owned, no longer matching, by an owner that is deleted",
      owner({ deletionTimestamp }),
      pod("p", "u1"),
      false,
      "ignore",
    ],
    ["of another owner", owner(), pod("p", "u2"), true, "ignore"],
    ["a matching orphan", owner(), pod("p"), true, "adopt"],
    ["an orphan that does not match", owner(), pod("p"), false, "ignore"],
    ["a matching orphan, seen by an owner that is deleted", owner({ deletionTimestamp }), pod("p"), true, "ignore"],
    ["a matching orphan that is deleted", owner(), pod("p", undefined, { deletionTimestamp }), true, "ignore"],
    ["a matching orphan of another namespace", owner(), pod("p", undefined, { namespace: "b" }), true, "ignore"],
  ] as const) {
    it(`${what}: ${claim}`, () => assert.equal(claimOf(of, object, matches), claim));
  }

  function claimAll(candidates: ApiObject[], options: { live?: ApiObject; missing?: boolean } = {}) {
    const transport = createScriptedTransport((request) => {
      if (options.missing) throw notFound({ group: "", resource: "pods" }, "x");
      return request.body as ApiObject;
    });
    const claimed = claimObjects({
      client: new Client(transport),
      owner: owner(),
      resource: pods as never,
      candidates,
      matches: (object) => object.metadata?.name?.startsWith("yes") === true,
      liveOwner: async () => options.live ?? owner(),
    });
    return { transport, claimed };
  }
  const names = (objects: ApiObject[]) => objects.map((object) => object.metadata?.name);

  it("adopts and releases by patches that name the uid they mean", async () => {
    const { transport, claimed } = claimAll([pod("yes-owned", "u1"), pod("yes-orphan"), pod("no-owned", "u1")]);
    assert.deepEqual(names(await claimed), ["yes-owned", "yes-orphan"]);
    const bodies = transport.requests.map((request) => request.body);
    assert.deepEqual(bodies, [
      { metadata: { ownerReferences: [{ ...reference("u1"), blockOwnerDeletion: true }], uid: "uid-yes-orphan" } },
      { metadata: { ownerReferences: [{ $patch: "delete", uid: "u1" }], uid: "uid-no-owned" } },
    ]);
  });

  it("does not claim what is gone by now", async () => {
    assert.deepEqual(names(await claimAll([pod("yes-orphan"), pod("no-owned", "u1")], { missing: true }).claimed), []);
  });

  it("does not adopt for an owner that was replaced or is being deleted", async () => {
    const orphans = [pod("yes-orphan")];
    await assert.rejects(claimAll(orphans, { live: owner({ uid: "u9" }) }).claimed, /is gone: got uid u9/);
    await assert.rejects(claimAll(orphans, { live: owner({ deletionTimestamp }) }).claimed, /has just been deleted/);
  });
});
