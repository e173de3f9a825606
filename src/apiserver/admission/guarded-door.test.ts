import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { ClusterRole, ClusterRoleBinding } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  leases,
  namespaces,
  nodes,
  pods,
  serviceAccounts,
} from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { createAdmissionPlugins } from "./plugins.ts";

const RBAC = "rbac.authorization.k8s.io";
const role = (of: ClusterRole): ClusterRole => of;
const bind = (roleName: string, user: string): ClusterRoleBinding => ({
  metadata: { name: roleName },
  roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: roleName },
  subjects: [{ kind: "User", name: user }],
});

/** The real server with its guards on: authentication's users, both authorizers and all plugins together. */
let server: MemoryServer;
let kubelet: Client;

before(async () => {
  server = await startMemoryServer({ admission: createAdmissionPlugins });
  const { client } = server;
  for (const name of ["default", "kube-node-lease", "shop"]) await client.create(namespaces, { metadata: { name } });
  await client.create(serviceAccounts, { metadata: { name: "default", namespace: "shop" } });
  await client.create(configMaps, { metadata: { name: "settings", namespace: "shop" } });
  const rules = [{ apiGroups: [""], resources: ["pods/binding"], verbs: ["create"] }];
  await client.create(clusterRoles, role({ metadata: { name: "binder" }, rules }));
  await client.create(clusterRoleBindings, bind("binder", "system:kube-scheduler"));
  kubelet = server.clientOf({ name: "system:node:boat", groups: ["system:nodes", "system:authenticated"] });
  await kubelet.create(nodes, { metadata: { name: "boat", labels: { "topology.kubernetes.io/zone": "z" } } });
});

after(() => server.close());

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof StatusError && error.code === 403 && message.test(error.message);

test("a kubelet has its own node and no other", async () => {
  assert.equal((await kubelet.list(nodes, { fieldSelector: "metadata.name=boat" })).items.length, 1);
  await assert.rejects(kubelet.list(nodes), refusal(/cannot read all nodes, only its own Node object/));
  await assert.rejects(
    kubelet.create(nodes, { metadata: { name: "raft" } }),
    refusal(/not allowed to modify node "raft"/),
  );
  const lease = (name: string) => ({ metadata: { name, namespace: "kube-node-lease" }, spec: {} });
  await kubelet.create(leases, lease("boat"));
  await assert.rejects(kubelet.create(leases, lease("raft")), refusal(/same name as the requesting node/));
});

test("what a pod refers to opens with its binding and closes with its end", async () => {
  const target = { namespace: "shop", name: "web" };
  const settings = () => kubelet.get(configMaps, { namespace: "shop", name: "settings" });
  const envFrom = [{ configMapRef: { name: "settings" } }];
  const draft: Pod = { metadata: target, spec: { containers: [{ name: "a", image: "a", envFrom }] } };
  const created = await server.client.create(pods, draft);
  assert.equal(created.spec?.priority, 0);
  assert.match(created.spec?.volumes?.[0]?.name ?? "", /^kube-api-access-/);
  await assert.rejects(settings(), refusal(/no relationship found between node 'boat' and this object/));
  await assert.rejects(kubelet.get(pods, target), refusal(/no relationship found between node 'boat' and this object/));

  const scheduler = server.clientOf({ name: "system:kube-scheduler", groups: ["system:authenticated"] });
  const binding: AnyObject = {
    apiVersion: "v1",
    kind: "Binding",
    metadata: target,
    target: { kind: "Node", name: "boat" },
  };
  await scheduler.create(pods, binding, { target, subresource: "binding" });
  await settings();
  const bound = await kubelet.get(pods, target);
  assert.equal(bound.metadata?.labels?.["topology.kubernetes.io/zone"], "z");

  const token = (boundObjectRef?: object): Promise<unknown> => {
    const request: AnyObject = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { boundObjectRef },
    };
    return kubelet.create(serviceAccounts, request, {
      target: { namespace: "shop", name: "default" },
      subresource: "token",
    });
  };
  await token({ apiVersion: "v1", kind: "Pod", name: "web", uid: bound.metadata?.uid });
  await assert.rejects(token(), refusal(/node requested token not bound to a pod/));
  await kubelet.delete(pods, target, { gracePeriodSeconds: 0 });
  await assert.rejects(settings(), refusal(/no relationship found/));
});

test("nobody gives away what he does not have", async () => {
  const { client } = server;
  const rules = [{ apiGroups: [RBAC], resources: ["clusterroles"], verbs: ["create"] }];
  await client.create(clusterRoles, role({ metadata: { name: "role-writer" }, rules }));
  await client.create(clusterRoleBindings, bind("role-writer", "wanda"));
  const wanda = server.clientOf({ name: "wanda", groups: ["system:authenticated"] });
  const giving = (resource: string, apiGroup: string) => ({
    metadata: { name: `new-${resource}` },
    rules: [{ apiGroups: [apiGroup], resources: [resource], verbs: ["create"] }],
  });
  await wanda.create(clusterRoles, giving("clusterroles", RBAC));
  await assert.rejects(
    wanda.create(clusterRoles, giving("secrets", "")),
    refusal(/attempting to grant RBAC permissions not currently held/),
  );
});

test("a token is refused whether its account is there or not", async () => {
  const rules = [{ apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] }];
  await server.client.create(clusterRoles, role({ metadata: { name: "tokens" }, rules }));
  await server.client.create(clusterRoleBindings, bind("tokens", "system:node:boat"));
  const request = { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", spec: {} } as AnyObject;
  for (const name of ["gone", "default"]) {
    const target = { namespace: "shop", name };
    await assert.rejects(
      kubelet.create(serviceAccounts, request, { subresource: "token", target }),
      refusal(/node requested token not bound to a pod/),
    );
  }
});
