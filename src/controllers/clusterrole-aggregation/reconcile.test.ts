import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterRoles } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { startScripted } from "../scripted-controller.ts";
import { clusterRoleAggregationController } from "./reconcile.ts";

const admin: AnyObject = {
  metadata: { name: "admin", resourceVersion: "1" },
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { "to-admin": "true" } }] },
  rules: [],
};
const part = (name: string, resource: string): AnyObject => ({
  metadata: { name, labels: { "to-admin": "true" }, resourceVersion: "1" },
  rules: [{ apiGroups: [""], resources: [resource], verbs: ["get"] }],
});

test("a role follows the roles that it selects", async () => {
  const controller = await startScripted(clusterRoleAggregationController, [
    [clusterRoles, admin],
    [clusterRoles, part("a", "pods")],
  ]);
  assert.deepEqual(controller.writes(), ["PUT clusterroles/admin"]);
  await controller.push(clusterRoles, { ...admin, ...(controller.bodies[0] as object) } as AnyObject);
  assert.equal(controller.writes().length, 1);
  await controller.push(clusterRoles, part("b", "secrets"), "ADDED");
  const { rules } = controller.bodies[1] as { rules: { resources: string[] }[] };
  assert.deepEqual(
    rules.map(({ resources }) => resources[0]),
    ["pods", "secrets"],
  );
  await controller.stop();
});
