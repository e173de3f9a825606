import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Secret } from "../../api/generated/core/v1.ts";
import { clusterRoleBindings, configMaps, secrets } from "../../api/generated/resources.ts";
import { forbidden } from "../../api/status.ts";
import { Metrics } from "../../base/metrics.ts";
import type { AdmissionPlugin } from "../admission/admission.ts";
import { createAuditor } from "../audit/auditor.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { AuditPolicy } from "../audit/policy.ts";
import type { Credentials, UserInfo } from "../authn/authenticator.ts";
import type { Exchange } from "../exchange.ts";
import { requestInfo } from "../request-info.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

const policy: AuditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitManagedFields: true,
  rules: [
    { level: "Metadata", resources: [{ group: "", resources: ["secrets"] }], omitStages: ["RequestReceived"] },
    {
      level: "RequestResponse",
      resources: [{ group: "", resources: ["configmaps"] }],
      omitStages: ["RequestReceived"],
    },
    { level: "Request", namespaces: ["requests"], omitStages: ["RequestReceived"] },
    { level: "None", nonResourceURLs: ["/healthz"] },
    { level: "Metadata" },
  ],
};

/** Refuses what is called forbidden, breaks on what is called broken, and says something of the rest. */
const plugin: AdmissionPlugin = {
  name: "Teller",
  handles: ({ resource }) => resource.resource === "configmaps",
  validate(attributes) {
    if (attributes.name === "forbidden") throw forbidden(attributes.resource, attributes.name, "not here");
    if (attributes.name === "broken") throw new TypeError("a defect");
    attributes.annotate?.("teller.example/said", attributes.operation);
  },
};

let cluster: MemoryServer;
let events: AuditEvent[] = [];

before(async () => {
  const write = (_event: AuditEvent, text: string) => void events.push(JSON.parse(text));
  const backend = { name: "test", write, close: async () => {} };
  cluster = await startMemoryServer({
    admission: () => [plugin],
    audit: async () => createAuditor({ policy, backends: [backend], metrics: new Metrics() }),
  });
});
after(() => cluster.close());

async function auditedBy(work: () => Promise<unknown>): Promise<AuditEvent[]> {
  events = [];
  await work();
  return events;
}

/** A request as it comes from outside. */
async function outside(
  method: string,
  path: string,
  options: {
    headers?: Record<string, string>;
    search?: string;
    user?: UserInfo;
    credentials?: Partial<Credentials>;
  } = {},
): Promise<{ exchange: Exchange; end: AbortController }> {
  const query = new URLSearchParams(options.search);
  const end = new AbortController();
  const headers = options.headers ?? {};
  const exchange: Exchange = {
    method,
    path,
    query,
    headers,
    info: requestInfo(method, path, query),
    credentials: { headers, ...options.credentials },
    user: options.user,
    signal: end.signal,
    remoteAddress: "::ffff:192.0.2.7",
    body: { contentType: "", read: async () => Buffer.alloc(0), wasRead: () => false },
    warnings: [],
  };
  await cluster.server.handler(exchange);
  return { exchange, end };
}

const admin: UserInfo = { name: "admin", groups: ["system:masters"] };

test("a secret is written down without its body", async () => {
  const secret = { metadata: { name: "s", namespace: "default" }, stringData: { password: "hunter2" } } as Secret;
  const [event, ...more] = await auditedBy(() => cluster.client.create(secrets, secret));
  assert.deepEqual(more, []);
  assert.deepEqual(event, {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: event!.auditID,
    stage: "ResponseComplete",
    requestURI: "/api/v1/namespaces/default/secrets",
    verb: "create",
    user: { username: "admin", groups: ["system:masters"] },
    userAgent: "test",
    objectRef: {
      resource: "secrets",
      namespace: "default",
      name: "s",
      uid: event!.objectRef!.uid,
      apiVersion: "v1",
    },
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: "2026-01-01T00:00:00.000000Z",
    stageTimestamp: "2026-01-01T00:00:00.000000Z",
    annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
  });
  assert.match(event!.auditID, /^[0-9a-f-]{36}$/);
});

test("RequestResponse has both objects, without managed fields, and what admission says", async () => {
  const [event] = await auditedBy(() =>
    cluster.client.create(configMaps, { metadata: { name: "c", namespace: "default" }, data: { a: "b" } }),
  );
  assert.deepEqual((event!.requestObject as { data: unknown }).data, { a: "b" });
  const { metadata, data } = event!.responseObject as { metadata: Record<string, unknown>; data: unknown };
  assert.deepEqual(data, { a: "b" });
  assert.equal(metadata.name, "c");
  assert.equal("managedFields" in metadata, false);
  assert.equal(event!.annotations?.["teller.example/said"], "CREATE");
});

test("a list is an object too", async () => {
  const [event] = await auditedBy(() => cluster.client.list(configMaps));
  const { kind, items } = event!.responseObject as { kind: string; items: { metadata: object }[] };
  assert.equal(kind, "ConfigMapList");
  assert.equal("managedFields" in items[0]!.metadata, false);
});

test("a success that is a Status has its code as well", async () => {
  const [event] = await auditedBy(() => cluster.client.delete(configMaps, { name: "c", namespace: "default" }));
  const { code, status } = event!.responseStatus!;
  assert.deepEqual([code, status], [200, "Success"]);
  assert.deepEqual(event!.objectRef?.name, "c");
});

test("a refusal says why", async () => {
  const create = (name: string) => cluster.client.create(configMaps, { metadata: { name, namespace: "default" } });
  const [refused] = await auditedBy(() => assert.rejects(create("forbidden")));
  assert.equal(refused!.stage, "ResponseComplete");
  assert.equal(refused!.responseStatus?.code, 403);
  assert.equal(refused!.responseStatus?.reason, "Forbidden");
  assert.match(refused!.responseStatus?.message ?? "", /not here/);
  const [panicked] = await auditedBy(() => assert.rejects(create("broken")));
  assert.equal(panicked!.stage, "Panic");
  assert.deepEqual(panicked!.responseStatus, {
    metadata: {},
    status: "Failure",
    message: "APIServer panic'd: a defect",
    reason: "InternalError",
    code: 500,
  });
});

test("who may not is written down with the decision", async () => {
  const nobody = cluster.clientOf({ name: "nobody", groups: [] });
  const [, event] = await auditedBy(() => assert.rejects(nobody.list(clusterRoleBindings)));
  assert.equal(event!.responseStatus?.code, 403);
  assert.equal(event!.annotations?.["authorization.k8s.io/decision"], "forbid");
});

test("requests from outside: address, agent, their own id, and the id in the answer", async () => {
  const headers = { "user-agent": "curl", "audit-id": "mine", "x-forwarded-for": "203.0.113.1" };
  let got: Exchange | undefined;
  const [event] = await auditedBy(async () => {
    got = (await outside("GET", "/api/v1/secrets", { headers, user: admin })).exchange;
  });
  assert.deepEqual(
    [event!.auditID, event!.sourceIPs, event!.userAgent],
    ["mine", ["203.0.113.1", "192.0.2.7"], "curl"],
  );
  assert.equal(got!.answerHeaders?.["audit-id"], "mine");
  const unseen = await auditedBy(async () => {
    got = (await outside("GET", "/healthz", { user: admin })).exchange;
  });
  assert.deepEqual(unseen, []);
  assert.match(got!.answerHeaders?.["audit-id"] ?? "", /^[0-9a-f-]{36}$/);
});

test("impersonation names both", async () => {
  const headers = { "impersonate-user": "jane" };
  const [event] = await auditedBy(() => outside("GET", "/api/v1/secrets", { headers, user: admin }));
  assert.equal(event!.user.username, "admin");
  assert.equal(event!.impersonatedUser?.username, "jane");
  assert.equal(event!.responseStatus?.code, 403);
});

test("impersonation names the right that it was for, when that is for some requests only", async () => {
  const headers = { "impersonate-user": "jane" };
  const master = { name: "root", groups: ["system:masters"] };
  const [event] = await auditedBy(() => outside("GET", "/api/v1/secrets", { headers, user: master }));
  assert.deepEqual(event!.authenticationMetadata, { impersonationConstraint: "impersonate:user-info" });
  const [other] = await auditedBy(() => outside("GET", "/api/v1/secrets", { user: master }));
  assert.equal(other!.authenticationMetadata, undefined);
});

test("bad credentials are written down", async () => {
  const headers = { authorization: "Bearer nonsense" };
  const [event, ...more] = await auditedBy(() => outside("GET", "/api/v1/secrets", { headers }));
  assert.deepEqual(more, []);
  assert.equal(event!.stage, "ResponseStarted");
  assert.deepEqual(event!.user, {});
  assert.equal(event!.responseStatus?.code, 401);
  assert.equal(event!.responseStatus?.message, "Authentication failed, attempted: bearer");
});

test("a watch has a beginning and an end", async () => {
  let end: AbortController | undefined;
  const begun = await auditedBy(async () => {
    ({ end } = await outside("GET", "/api/v1/secrets", { search: "watch=true", user: admin }));
  });
  assert.deepEqual(
    begun.map(({ stage }) => stage),
    ["ResponseStarted"],
  );
  end!.abort();
  assert.deepEqual(
    begun.map(({ stage }) => stage),
    ["ResponseStarted", "ResponseComplete"],
  );
});

test("without omitted stages the arrival is written down as well", async () => {
  const got = await auditedBy(() => outside("GET", "/version/unknown", { user: admin }));
  assert.deepEqual(
    got.map(({ stage, responseStatus }) => [stage, responseStatus?.code]),
    [
      ["RequestReceived", undefined],
      ["ResponseComplete", 404],
    ],
  );
});

test("where events must be stored, a request whose first one is lost is not carried out", async () => {
  const lost = new Set<string>();
  const order: string[] = [];
  const backend = {
    name: "strict",
    write: async (event: AuditEvent) => {
      await Promise.resolve();
      order.push(`${event.verb} ${event.stage}`);
      return !lost.has(event.stage);
    },
    close: async () => {},
  };
  const all: AuditPolicy = { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "Metadata" }] };
  const strict = await startMemoryServer({
    audit: async () => createAuditor({ policy: all, backends: [backend], metrics: new Metrics() }),
  });
  try {
    const make = (name: string) =>
      strict.client.create(configMaps, { metadata: { name, namespace: "default" } }).then(() => {
        order.push(`answered ${name}`);
      });
    order.length = 0;
    await make("a");
    assert.deepEqual(order.slice(-3), ["create RequestReceived", "create ResponseComplete", "answered a"]);
    lost.add("ResponseComplete");
    await make("b");
    lost.add("RequestReceived");
    await assert.rejects(make("c"), /Internal error occurred: failed to store audit event/);
    lost.clear();
    const { items } = await strict.client.list(configMaps, { namespace: "default" });
    assert.deepEqual(
      items.map(({ metadata }) => metadata?.name).filter((name) => name !== "kube-root-ca.crt"),
      ["a", "b"],
    );
  } finally {
    await strict.close();
  }
});
