import assert from "node:assert/strict";
import { test } from "node:test";
import { namespaces, pods } from "../../api/generated/resources.ts";
import { startScripted } from "../scripted-controller.ts";
import { namespaceController } from "./reconcile.ts";

test("a namespace that goes is looked at again when its last pod has gone", async () => {
  const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  const namespace = { metadata: { name: "team", uid: "n", ...deleted }, spec: { finalizers: ["kubernetes"] } };
  const pod = (name: string, of = "team") => ({ metadata: { namespace: of, name, uid: name } });
  const controller = await startScripted(namespaceController, [
    [namespaces, namespace],
    [pods, pod("a")],
    [pods, pod("b")],
    [pods, pod("c", "other")],
  ]);
  const looksWhen = async (gone: ReturnType<typeof pod>): Promise<number> => {
    const before = controller.writes().length;
    await controller.push(pods, gone, "DELETED");
    return controller.writes().length - before;
  };
  assert.equal(await looksWhen(pod("a")), 0);
  assert.equal(await looksWhen(pod("c", "other")), 0);
  assert.ok((await looksWhen(pod("b"))) > 0);
  await controller.stop();
});
