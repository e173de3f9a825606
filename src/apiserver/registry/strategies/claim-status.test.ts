import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PolicyRule } from "../../../api/generated/rbac.authorization.k8s.io/v1.ts";
import type { ResourceClaim, ResourceClaimStatus } from "../../../api/generated/resource.k8s.io/v1.ts";
import { clusterRoleBindings, clusterRoles, namespaces, resourceClaims } from "../../../api/generated/resources.ts";
import { StatusError } from "../../../api/status.ts";
import type { UserInfo } from "../../authn/authenticator.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";

const RBAC = "rbac.authorization.k8s.io";
let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
  await memory.client.create(namespaces, { metadata: { name: "lab" } });
});
after(() => memory.close());

let count = 0;
const rule = (subresource: string, verbs: string[]): PolicyRule => ({
  apiGroups: ["resource.k8s.io"],
  resources: [`resourceclaims/${subresource}`],
  verbs,
});
const STATUS = rule("status", ["get", "update", "patch"]);

/** A service account with these rights besides that for the status, and a claim that is allocated on worker-1. */
async function scene(rules: readonly PolicyRule[], extra?: UserInfo["extra"]) {
  const name = `driver-${count++}`;
  const user = `system:serviceaccount:lab:${name}`;
  const { client } = memory;
  await client.create(clusterRoles, { metadata: { name }, rules: [STATUS, ...rules] });
  await client.create(clusterRoleBindings, {
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name },
    subjects: [{ kind: "User", apiGroup: RBAC, name: user }],
  });
  const firstAvailable = [{ name: "sub", deviceClassName: "gpu" }];
  const target = { namespace: "lab", name };
  const spec = { devices: { requests: [{ name: "req", firstAvailable }] } };
  const made = await client.create<ResourceClaim>(resourceClaims, { metadata: target, spec });
  const allocated = await client.update<ResourceClaim>(
    resourceClaims,
    { ...made, status: { allocation: allocation("worker-1") } },
    { subresource: "status" },
  );
  const account = memory.clientOf({ name: user, groups: ["system:authenticated"], ...(extra && { extra }) });
  const write = (status: ResourceClaimStatus) =>
    account.update<ResourceClaim>(resourceClaims, { ...allocated, status }, { subresource: "status" });
  return { user, target, account, write };
}

const allocation = (node: string): NonNullable<ResourceClaimStatus["allocation"]> => ({
  nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }] },
  devices: { results: [{ request: "req/sub", driver: "test-driver", pool: "pool1", device: "dev1" }] },
});
const devices = [{ driver: "test-driver", pool: "pool1", device: "dev1" }];
const withDevices = { allocation: allocation("worker-1"), devices };
const NODE = { "authentication.kubernetes.io/node-name": ["worker-1"] };

function refusal(message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StatusError, String(error));
    assert.match(error.message, message);
    return error.code === 422;
  };
}

test("what drivers say of their devices needs a right for each driver", async () => {
  const none = await scene([]);
  await assert.rejects(
    none.write(withDevices),
    refusal(
      /status.devices: Forbidden: changing status.devices requires resource="resourceclaims\/driver", verb="\[arbitrary-node:update\]" permission: resourceclaims.resource.k8s.io "test-driver" is forbidden: User ".*" cannot arbitrary-node:update resource "resourceclaims\/driver" in API group "resource.k8s.io" in the namespace "lab"/,
    ),
  );
  const anywhere = await scene([rule("driver", ["arbitrary-node:update"])]);
  assert.equal((await anywhere.write(withDevices)).status?.devices?.length, 1);
  const another = await scene([{ ...rule("driver", ["arbitrary-node:update"]), resourceNames: ["other-driver"] }]);
  await assert.rejects(another.write(withDevices), refusal(/changing status.devices requires/));
});

test("a driver on the claim's node needs less, by the verb that it uses", async () => {
  const local = rule("driver", ["associated-node:update"]);
  const here = await scene([local], NODE);
  assert.equal((await here.write(withDevices)).status?.devices?.length, 1);
  const elsewhere = await scene([local], { ...NODE, "authentication.kubernetes.io/node-name": ["worker-2"] });
  await assert.rejects(elsewhere.write(withDevices), refusal(/verb="\[arbitrary-node:update\]"/));
  const patch = { type: "merge", subresource: "status", body: { status: { devices } } } as const;
  const { account, target } = await scene([local], NODE);
  await assert.rejects(
    account.patch(resourceClaims, target, patch),
    refusal(/verb="\[associated-node:patch arbitrary-node:patch\]"/),
  );
});

test("where a claim is bound needs the right to bind", async () => {
  const needsBinding = refusal(
    /status: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims\/binding", verb="update" permission/,
  );
  const driver = await scene([rule("driver", ["arbitrary-node:update"])]);
  await assert.rejects(driver.write({}), needsBinding);
  await assert.rejects(driver.write({ ...withDevices, allocation: allocation("worker-2") }), needsBinding);
  const reservedFor = [{ resource: "pods", name: "pod-1", uid: "uid-1" }];
  const binder = await scene([rule("binding", ["update"])]);
  const reserved = await binder.write({ allocation: allocation("worker-1"), reservedFor });
  assert.equal(reserved.status?.reservedFor?.length, 1);
});

test("access as an administrator is for namespaces that are marked", async () => {
  const { write } = await scene([rule("binding", ["update"])]);
  await write({});
  const granted = allocation("worker-1");
  granted.devices!.results![0]!.adminAccess = true;
  const target = { namespace: "lab", name: `driver-${count - 1}` };
  const patch = { type: "merge", subresource: "status", body: { status: { allocation: granted } } } as const;
  await assert.rejects(
    memory.client.patch(resourceClaims, target, patch),
    refusal(/status.allocation.devices.results\[0\].adminAccess: Forbidden: admin access to devices requires/),
  );
});
