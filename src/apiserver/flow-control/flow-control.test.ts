import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FlowSchema } from "../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  flowSchemas,
  priorityLevelConfigurations,
} from "../../api/generated/resources.ts";
import { endlessTurns } from "../../base/turn-budget.ts";
import { settle } from "../../base/virtual-clock.ts";
import { Client } from "../../client/client.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Answer, Exchange } from "../exchange.ts";
import { inProcessTransport } from "../in-process-transport.ts";
import { localRequests } from "../local-requests.ts";
import { requestInfo } from "../request-info.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { flowControlDefaults } from "./create-flow-control.ts";
import { defaultFlowSchemas, defaultPriorityLevels } from "./defaults.ts";
import { AUTO_UPDATE } from "./plan-defaults.ts";

let cluster: MemoryServer;

before(async () => {
  cluster = await startMemoryServer({ flowControl: flowControlDefaults });
  await pass(1000);
});
after(() => cluster.close());

async function pass(milliseconds: number): Promise<void> {
  for (let part = 0; part < 5; part++) {
    await cluster.clock.advance(milliseconds / 5);
    await settle(20);
  }
}

const names = (list: { items: readonly { metadata?: { name?: string } }[] }): string[] =>
  list.items.map(({ metadata }) => metadata?.name ?? "").toSorted();
const schemaNamed = (name: string): Promise<FlowSchema> => cluster.client.get(flowSchemas, { name });

test("the defaults of upstream are there, and follow it", async () => {
  const levels = await cluster.client.list(priorityLevelConfigurations);
  assert.deepEqual(names(levels), [
    "catch-all",
    "exempt",
    "global-default",
    "leader-election",
    "node-high",
    "system",
    "workload-high",
    "workload-low",
  ]);
  const schemas = await cluster.client.list(flowSchemas);
  assert.deepEqual(names(schemas), [
    "catch-all",
    "endpoint-controller",
    "exempt",
    "global-default",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-system-service-accounts",
    "probes",
    "service-accounts",
    "system-leader-election",
    "system-node-high",
    "system-nodes",
    "workload-leader-election",
  ]);
  for (const { metadata, status } of schemas.items) {
    assert.equal(metadata?.annotations?.[AUTO_UPDATE], "true");
    assert.deepEqual(
      status?.conditions?.map(({ type, status: value, reason }) => [type, value, reason]),
      [["Dangling", "False", "Found"]],
      metadata?.name,
    );
  }
});

test("what is written is what the defaults say: nothing is written twice", async () => {
  const stored = (await cluster.client.list(flowSchemas)).items;
  const expected = [...defaultFlowSchemas.mandatory, ...defaultFlowSchemas.suggested];
  for (const { metadata, spec } of expected) {
    const found = stored.find((each) => each.metadata?.name === metadata?.name);
    assert.deepEqual(found?.spec, spec);
    assert.equal(found?.metadata?.generation, 1);
  }
  const levels = (await cluster.client.list(priorityLevelConfigurations)).items;
  for (const { metadata, spec } of [...defaultPriorityLevels.mandatory, ...defaultPriorityLevels.suggested]) {
    assert.deepEqual(levels.find((each) => each.metadata?.name === metadata?.name)?.spec, spec);
  }
});

test("mandatory objects come back as they were; suggested ones are left to who changed them", async () => {
  await cluster.client.delete(flowSchemas, { name: "catch-all" });
  const changed = await schemaNamed("service-accounts");
  await cluster.client.update(flowSchemas, {
    ...changed,
    metadata: { ...changed.metadata, annotations: { [AUTO_UPDATE]: "false" } },
    spec: { ...changed.spec!, matchingPrecedence: 7777 },
  });
  await pass(1000);
  assert.equal((await schemaNamed("catch-all")).spec?.matchingPrecedence, 10000);
  assert.equal((await schemaNamed("service-accounts")).spec?.matchingPrecedence, 7777);
  const mandatory = await schemaNamed("catch-all");
  const changing = cluster.client.update(flowSchemas, {
    ...mandatory,
    spec: { ...mandatory.spec!, matchingPrecedence: 10 },
  });
  await assert.rejects(changing, /spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value/);
});

test("the level that is never limited may lend otherwise, and stays what it is", async () => {
  const exempt = await cluster.client.get(priorityLevelConfigurations, { name: "exempt" });
  const lend = { ...exempt, spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 3, lendablePercent: 10 } } };
  const lent = await cluster.client.update(priorityLevelConfigurations, lend);
  assert.deepEqual(lent.spec?.exempt, { nominalConcurrencyShares: 3, lendablePercent: 10 });
  const limiting = cluster.client.update(priorityLevelConfigurations, {
    ...lent,
    spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } },
  });
  await assert.rejects(limiting, /spec of 'exempt' except the 'spec.exempt' field must equal the fixed value/);
  await cluster.client.update(priorityLevelConfigurations, { ...lent, spec: exempt.spec! });
});

test("a schema hears that its level is not there", async () => {
  await cluster.client.create(flowSchemas, {
    metadata: { name: "lost" },
    spec: { priorityLevelConfiguration: { name: "nowhere" }, matchingPrecedence: 600, rules: [] },
  });
  await pass(1000);
  const [condition] = (await schemaNamed("lost")).status?.conditions ?? [];
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    [
      "True",
      "NotFound",
      'This FlowSchema references the PriorityLevelConfiguration object named "nowhere" but there is no such object',
    ],
  );
});

async function outside(path: string, user: UserInfo): Promise<{ answer: Answer; exchange: Exchange }> {
  const query = new URLSearchParams();
  const exchange: Exchange = {
    method: "GET",
    path,
    query,
    headers: {},
    info: requestInfo("GET", path, query),
    credentials: { headers: {} },
    user,
    signal: new AbortController().signal,
    remoteAddress: "192.0.2.1",
    body: { contentType: "", read: async () => Buffer.alloc(0) },
    warnings: [],
  };
  return { answer: await cluster.server.handler(exchange), exchange };
}

const callers: [who: string, user: UserInfo, path: string, schema: string][] = [
  ["a master", { name: "root", groups: ["system:masters", "system:authenticated"] }, "/api/v1/pods", "exempt"],
  ["a probe", { name: "system:anonymous", groups: ["system:unauthenticated"] }, "/livez", "probes"],
  [
    "a node's heartbeat",
    node(),
    "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a",
    "system-node-high",
  ],
  ["a node", node(), "/api/v1/pods", "system-nodes"],
  ["a controller", account("kube-system", "job-controller"), "/api/v1/pods", "kube-system-service-accounts"],
  ["a workload", account("shop", "web"), "/api/v1/pods", "service-accounts"],
  ["a person", { name: "jane", groups: ["system:authenticated"] }, "/api/v1/pods", "global-default"],
];

function node(): UserInfo {
  return { name: "system:node:a", groups: ["system:nodes", "system:authenticated"] };
}

function account(namespace: string, name: string): UserInfo {
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return { name: `system:serviceaccount:${namespace}:${name}`, groups };
}

for (const [who, user, path, schema] of callers) {
  test(`${who} is served as ${schema}`, async () => {
    const { exchange } = await outside(path, user);
    const found = await schemaNamed(schema);
    assert.equal(exchange.answerHeaders?.["x-kubernetes-pf-flowschema-uid"], found.metadata?.uid);
    const { name } = found.spec!.priorityLevelConfiguration;
    const level = await cluster.client.get(priorityLevelConfigurations, { name });
    assert.equal(exchange.answerHeaders?.["x-kubernetes-pf-prioritylevel-uid"], level.metadata?.uid);
  });
}

test("a flood is queued, and refused when its queues are full; others are served meanwhile", async () => {
  // As from the network: the server's own transport lets in a few a turn.
  const user = account("shop", "flood");
  await mayList(user);
  const requests = localRequests(cluster.server.handler, { user, userAgent: "flood" }, endlessTurns);
  const transport = inProcessTransport(requests, cluster.clock);
  const flood = new Client(transport);
  const other = cluster.clientOf(account("kube-system", "job-controller"));
  const results = Array.from({ length: 1500 }, () => flood.list(configMaps).then(() => 200, codeOf));
  assert.equal(await other.list(configMaps).then(() => 200, codeOf), 403);
  const codes = await Promise.all(results);
  const count = (code: number): number => codes.filter((each) => each === code).length;
  // The level's 245 seats, and six queues of 50.
  assert.deepEqual([count(200), count(429)], [545, 955]);
  const metrics = await cluster.server
    .transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" })
    .text({ method: "GET", path: "/metrics" });
  assert.match(
    metrics,
    new RegExp(
      `apiserver_flowcontrol_rejected_requests_total\\{priority_level="workload-low",flow_schema="service-accounts",reason="queue-full"\\} ${count(429)}`,
    ),
  );
  assert.match(metrics, /apiserver_flowcontrol_nominal_limit_seats\{priority_level="workload-low"\} 245/);
  assert.match(metrics, /apiserver_flowcontrol_current_executing_requests\{priority_level="workload-low"\} 0/);
});

/** A refusal waits for nothing, and what waits for nothing holds no seat while others come. */
async function mayList({ name }: UserInfo): Promise<void> {
  const metadata = { name: "lists-config-maps" };
  const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }];
  await cluster.client.create(clusterRoles, { metadata, rules });
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }];
  await cluster.client.create(clusterRoleBindings, { metadata, roleRef, subjects });
}

function codeOf(error: unknown): number {
  return (error as { code: number }).code;
}

test("who may look sees levels, queues and requests", async () => {
  const admin = cluster.server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" });
  const dump = (name: string, query?: Record<string, string>): Promise<string> =>
    admin.text({
      method: "GET",
      path: `/debug/api_priority_and_fairness/${name}`,
      ...(query === undefined ? {} : { query }),
    });
  assert.match(await dump("dump_priority_levels"), /^PriorityLevelName, +ActiveQueues, +IsIdle/);
  assert.match(await dump("dump_priority_levels"), /^workload-low, +0, +true, +false, +0, +0, +\d+, +\d+, +0, +0,$/m);
  assert.match(await dump("dump_queues"), /^workload-low, +\d+, +0, +0, +0, +\S+ss, +0, +0, +\S+ss,$/m);
  assert.match(await dump("dump_requests", { includeRequestDetails: "1" }), /SubResource,\n$/);
});
