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

test("roles that select each other come to rest with the rules of both", async () => {
  const select = (label: string) => ({ clusterRoleSelectors: [{ matchLabels: { [label]: "true" } }] });
  const ring = ["a", "b", "c"];
  const roles = ring.map((name, index): AnyObject => {
    const rules = [{ apiGroups: [""], resources: [`of-${name}`], verbs: ["get"] }];
    const aggregationRule = select(`to-${ring[(index + 2) % 3]}`);
    return { metadata: { name, labels: { [`to-${name}`]: "true" }, resourceVersion: "1" }, aggregationRule, rules };
  });
  const leaf = (name: string): AnyObject => ({
    metadata: { name: `leaf-${name}`, labels: { [`to-${name}`]: "true" }, resourceVersion: "1" },
    rules: [{ apiGroups: [""], resources: [`leaf-${name}`], verbs: ["get"] }],
  });
  const controller = await startScripted(clusterRoleAggregationController, [
    ...[...roles, ...ring.map(leaf)].map((role): [typeof clusterRoles, AnyObject] => [clusterRoles, role]),
  ]);
  const stored = new Map(roles.map((role) => [role.metadata?.name ?? "", role]));
  let seen = 0;
  for (; seen < controller.bodies.length; seen++) {
    assert.ok(seen < 30, "it never comes to rest");
    const body = controller.bodies[seen] as AnyObject;
    stored.set(body.metadata?.name ?? "", body);
    await controller.push(clusterRoles, body);
  }
  for (const role of stored.values()) assert.equal((role.rules as unknown[]).length, 3, role.metadata?.name);
  await controller.stop();
});
