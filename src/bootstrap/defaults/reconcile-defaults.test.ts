import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterRoleBindings, clusterRoles } from "../../api/generated/resources.ts";
import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { alreadyExists, conflict, notFound } from "../../api/status.ts";
import { silentLogger } from "../../base/log.ts";
import { Client } from "../../client/client.ts";
import { createScriptedTransport } from "../../client/scripted-transport.ts";
import type { TransportRequest } from "../../client/transport.ts";
import { reconcileDefaults } from "./reconcile-defaults.ts";

const options = {
  authorities: { cluster: "CLUSTER", frontProxy: "FRONT" },
  cluster: { "cluster-domain": "cluster.local" },
  log: silentLogger,
  today: "2026-01-01",
};

/** Objects by path: as much of a server as creating, reading and replacing by name needs. */
function shelf() {
  const objects = new Map<string, ApiObject>();
  const of = { group: "", resource: "things" };
  function answer({ method, path: encoded, body }: TransportRequest): ApiObject {
    const path = decodeURIComponent(encoded);
    const object = body as ApiObject | undefined;
    if (method === "GET") {
      const found = objects.get(path);
      if (found !== undefined) return found;
      if (/\/configmaps\/[^/]+$/.test(path)) throw notFound(of, path);
      const kind = path.split("/").at(-1);
      const items = [...objects].filter(([key]) => key.split("/").at(-2) === kind).map(([, each]) => each);
      return { metadata: {}, items } as AnyObject;
    }
    if (method === "POST") {
      const key = `${path}/${object?.metadata?.name}`;
      if (objects.has(key)) throw alreadyExists(of, key);
      const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
      if (namespace !== undefined) assert.ok(objects.has(`/api/v1/namespaces/${namespace}`), `namespace of ${key}`);
      objects.set(key, object!);
      return object!;
    }
    if (method === "PUT") objects.set(path, object!);
    if (method === "DELETE") objects.delete(path);
    return object ?? {};
  }
  const transport = createScriptedTransport(answer);
  const writes = () => transport.requests.filter(({ method }) => method !== "GET");
  return { objects, transport, writes, client: new Client(transport) };
}

test("a first start writes everything, a second one nothing", async () => {
  const { objects, transport, writes, client } = shelf();
  const first = await reconcileDefaults(client, options);
  assert.equal(first.created, objects.size);
  assert.ok(first.created > 130);
  assert.ok(objects.has("/api/v1/namespaces/kube-node-lease"));
  assert.ok(objects.has("/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical"));
  const map = objects.get("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication") as AnyObject;
  assert.equal((map.data as Record<string, string>)["client-ca-file"], "CLUSTER");
  const [before, reads] = [writes().length, transport.requests.length];
  assert.deepEqual(await reconcileDefaults(client, options), {
    created: 0,
    repaired: 0,
  });
  assert.equal(writes().length, before);
  assert.equal(transport.requests.length - reads, 9);
});

test("damage is repaired", async () => {
  const { objects, client } = shelf();
  await reconcileDefaults(client, options);
  const role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:basic-user";
  const binding = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/cluster-admin";
  const whole = structuredClone(objects.get(binding));
  objects.set(role, { ...objects.get(role), rules: [] } as ApiObject);
  objects.set(binding, { ...objects.get(binding), roleRef: { kind: "ClusterRole", name: "view" } } as ApiObject);
  objects.delete("/api/v1/namespaces/kube-public");
  const told = "/api/v1/namespaces/kube-public/configmaps/wherry-cluster";
  objects.set(told, { ...objects.get(told), data: { "cluster-domain": "another", more: "kept" } } as ApiObject);
  const changed = { ...options.authorities, cluster: "RENEWED" };
  const result = await reconcileDefaults(client, { ...options, authorities: changed });
  assert.deepEqual(result, { created: 1, repaired: 4 });
  assert.deepEqual((objects.get(told) as AnyObject).data, { "cluster-domain": "cluster.local", more: "kept" });
  assert.equal(((objects.get(role) as AnyObject).rules as unknown[]).length, 3);
  assert.deepEqual(objects.get(binding), whole);
});

test("a conflict is read again, a rival's object is kept", async () => {
  const { objects, client } = shelf();
  await reconcileDefaults(client, options);
  const stale = { items: [{ metadata: { name: "system:basic-user" }, rules: [] }], metadata: {} };
  let conflicts = 0;
  const rival = createScriptedTransport((request) => {
    if (request.method === "GET" && request.path.endsWith("/clusterroles")) return stale;
    if (request.method === "GET" && request.path.endsWith("/clusterrolebindings"))
      return { metadata: {}, items: [] } as AnyObject;
    if (request.method === "POST") throw alreadyExists(clusterRoleBindings, "x");
    const stored = objects.get(decodeURIComponent(request.path));
    if (request.method === "GET" && stored !== undefined) return stored;
    if (request.method === "PUT") {
      conflicts++;
      throw conflict(clusterRoles, "system:basic-user", "the object has been modified");
    }
    return { metadata: {}, items: [] } as AnyObject;
  });
  const result = await reconcileDefaults(new Client(rival), options);
  assert.equal(conflicts, 1);
  assert.equal(result.created, 0);
});

test("who may no longer discover is not let in by the binding that was split off", async () => {
  const { objects, client } = shelf();
  const start = () => reconcileDefaults(client, options);
  await start();
  const path = (name: string): string => `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${name}`;
  const info = path("system:public-info-viewer");
  const whole = objects.get(info);
  objects.delete(info);
  await start();
  assert.deepEqual(objects.get(info), whole);

  const discovery = objects.get(path("system:discovery"))!;
  const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false", by: "admin" };
  const subjects = [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "insiders" }];
  const changed = { ...discovery, metadata: { ...discovery.metadata, annotations }, subjects };
  objects.set(path("system:discovery"), changed);
  objects.delete(info);
  await start();
  const split = objects.get(info) as typeof changed & { roleRef: { name: string } };
  assert.deepEqual(split.subjects, subjects);
  assert.deepEqual(split.metadata?.annotations, annotations);
  assert.equal(split.roleRef.name, "system:public-info-viewer");
});

test("since when uses of tokens are noted begins anew only where nobody can read it", async () => {
  const { objects, client } = shelf();
  const start = (today: string) => reconcileDefaults(client, { ...options, today });
  const path = "/api/v1/namespaces/kube-system/configmaps/kube-apiserver-legacy-service-account-token-tracking";
  const since = () => ((objects.get(path) as AnyObject).data as Record<string, string>).since;
  await start("2026-01-01");
  await start("2026-02-02");
  assert.equal(since(), "2026-01-01");
  for (const broken of ["yesterday", "", "2026-13-45"]) {
    objects.set(path, { ...objects.get(path), data: { since: broken } } as AnyObject);
    await start("2026-02-02");
    assert.equal(since(), "2026-02-02", broken);
  }
});
