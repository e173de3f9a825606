import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import {
  certificateSigningRequests,
  clusterRoles,
  configMaps,
  mutatingAdmissionPolicies,
  mutatingWebhookConfigurations,
  namespaces,
  validatingAdmissionPolicies,
  validatingWebhookConfigurations,
} from "../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../api/meta.ts";
import { StatusError } from "../api/status.ts";
import { Metrics } from "../base/metrics.ts";
import { createTestRequest } from "../base/testing/certificates.ts";
import { createAdmissionPlugins } from "./admission/plugins.ts";
import { createAuditor } from "./audit/auditor.ts";
import type { AuditEvent } from "./audit/event.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";
import { startWebhookServer, type WebhookServer } from "./testing/webhook-server.ts";

// What is wrong is refused with the Status that upstream gives, and the audit log has it with the same words.

let server: MemoryServer;
let hook: WebhookServer;
let events: AuditEvent[] = [];

before(async () => {
  const backend = {
    name: "test",
    write: (event: AuditEvent) => void events.push(event) as undefined,
    close: async () => {},
  };
  const policy = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata" }],
  } as const;
  hook = await startWebhookServer(() => undefined);
  server = await startMemoryServer({
    admission: createAdmissionPlugins,
    audit: async () => createAuditor({ policy, backends: [backend], metrics: new Metrics() }),
  });
  await server.client.create(namespaces, { metadata: { name: "default" } });
});
after(async () => {
  await server.close();
  await hook.close();
});
beforeEach(() => {
  events = [];
});

async function assertRefused<T extends ApiObject>(
  resource: ResourceReference<T>,
  object: object,
  expected: { code: number; message: RegExp; name: string; meanwhile?: () => Promise<void> },
): Promise<void> {
  const creating = assert.rejects(server.client.create(resource, object as T), (error: unknown) => {
    assert.ok(error instanceof StatusError, expected.name);
    assert.match(error.message, expected.message, expected.name);
    assert.equal(error.code, expected.code, expected.name);
    return true;
  });
  await expected.meanwhile?.();
  await creating;
  const event = events.findLast(({ objectRef }) => objectRef?.resource === resource.resource);
  assert.equal(event?.stage, "ResponseComplete", expected.name);
  assert.equal(event?.verb, "create", expected.name);
  assert.equal(event?.responseStatus?.code, expected.code, expected.name);
  assert.match(event?.responseStatus?.message ?? "", expected.message, expected.name);
}

test("certificate signing requests that are none", async () => {
  const csr = (request: string, over: object = {}): object => ({
    metadata: { name: "c" },
    spec: { request, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"], ...over },
  });
  const pem = (body: string): string =>
    Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`).toString("base64");
  const request = Buffer.from(createTestRequest("jane").replace(/-----[^-]+-----/g, ""), "base64");
  request.write("root", request.indexOf("jane"));
  const forged = Buffer.from(pem(request.toString("base64")), "base64");
  const cases: [string, object, RegExp][] = [
    ["nothing", csr(""), /spec\.request/],
    ["no PEM", csr(Buffer.from("hello").toString("base64")), /spec\.request: Invalid value/],
    [
      "another PEM",
      csr(Buffer.from("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n").toString("base64")),
      /spec\.request: Invalid value/,
    ],
    ["an empty sequence", csr(pem("MAA=")), /spec\.request: Invalid value/],
    ["cut off", csr(pem("MIIB")), /spec\.request: Invalid value/],
    ["not signed by its key", csr(Buffer.from(forged).toString("base64")), /signature is not by its key/],
    ["a length beyond all", csr(pem("MIT/////")), /spec\.request: Invalid value/],
  ];
  for (const [name, object, message] of cases) {
    await assertRefused(certificateSigningRequests, object, { code: 422, message, name });
  }
});

test("webhooks that hang, lie or answer garbage", async () => {
  const rule = { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] };
  const webhook = {
    name: "check.example.com",
    clientConfig: { url: `${hook.url}/check`, caBundle: hook.caBundle },
    rules: [rule],
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 1,
  };
  type Answer = { code?: number; body: object | string } | undefined;
  const review = (response: object): Answer => ({
    body: { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", response },
  });
  const uidOf = (body: unknown): string => (body as { request: { uid: string } }).request.uid;
  const patch = (operations: unknown): string => Buffer.from(JSON.stringify(operations)).toString("base64");
  const cases: [string, "validating" | "mutating", (body: unknown) => Answer, RegExp][] = [
    [
      "hangs",
      "validating",
      () => undefined,
      /failed calling webhook "check\.example\.com": .*context deadline exceeded/,
    ],
    ["another request's", "validating", () => review({ uid: "other", allowed: true }), /expected response\.uid=/],
    [
      "no response",
      "validating",
      () => ({ body: { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" } }),
      /webhook response was absent/,
    ],
    [
      "another kind",
      "validating",
      (body) => ({ body: { kind: "Pod", apiVersion: "v1", response: { uid: uidOf(body), allowed: true } } }),
      /expected webhook response of admission\.k8s\.io\/v1, Kind=AdmissionReview, got/,
    ],
    ["no JSON", "validating", () => ({ body: "<html>" }), /failed calling webhook/],
    ["an error", "validating", () => ({ code: 500, body: "boom" }), /failed calling webhook/],
    [
      "a patch that is none",
      "mutating",
      (body) => review({ uid: uidOf(body), allowed: true, patchType: "JSONPatch", patch: "e30=" }),
      /error decoding patch/,
    ],
    [
      "a patch of nothing",
      "mutating",
      (body) =>
        review({
          uid: uidOf(body),
          allowed: true,
          patchType: "JSONPatch",
          patch: patch([{ op: "remove", path: "/no/where" }]),
        }),
      /no\/where|remove|missing/i,
    ],
    [
      "a patch without its type",
      "mutating",
      (body) => review({ uid: uidOf(body), allowed: true, patch: patch([]) }),
      /response\.patchType/,
    ],
    [
      "a patch by who may only judge",
      "validating",
      (body) => review({ uid: uidOf(body), allowed: true, patchType: "JSONPatch", patch: patch([]) }),
      /may not return response\.patch|patch/,
    ],
  ];
  for (const [name, kind, respond, message] of cases) {
    const resource = kind === "mutating" ? mutatingWebhookConfigurations : validatingWebhookConfigurations;
    const configuration = { metadata: { name: "a" }, webhooks: [webhook] };
    await server.client.create(resource as ResourceReference<ApiObject>, configuration as ApiObject);
    const before = hook.calls.length;
    hook.respond = ({ body }) => respond(body);
    await assertRefused(
      configMaps,
      { metadata: { name: "c", namespace: "default" } },
      {
        code: 500,
        message,
        name,
        async meanwhile() {
          await hook.received(before + 1);
          if (name === "hangs") await server.clock.advance(1000);
        },
      },
    );
    await server.client.delete(resource as ResourceReference<ApiObject>, { name: "a" });
  }
});

test("policies that do not compile", async () => {
  const matchConstraints = {
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
  };
  const validating = (spec: object): object => ({ metadata: { name: "p" }, spec: { matchConstraints, ...spec } });
  const cases: [string, object, RegExp][] = [
    [
      "a syntax error",
      { validations: [{ expression: "object.x +" }] },
      /spec\.validations\[0\]\.expression: Invalid value: .*compilation failed/,
    ],
    [
      "no boolean",
      { validations: [{ expression: "'yes'" }] },
      /spec\.validations\[0\]\.expression: Invalid value: .*must evaluate to bool/,
    ],
    ["an unknown name", { validations: [{ expression: "nobody == 1" }] }, /undeclared reference to 'nobody'/],
    [
      "a variable that does not compile",
      { variables: [{ name: "a", expression: "1 +" }], validations: [{ expression: "true" }] },
      /spec\.variables\[0\]\.expression: Invalid value/,
    ],
    [
      "a condition that does not compile",
      { matchConditions: [{ name: "c", expression: ")" }], validations: [{ expression: "true" }] },
      /spec\.matchConditions\[0\]\.expression: Invalid value/,
    ],
    ["nothing at all", { validations: [{ expression: "" }] }, /spec\.validations\[0\]\.expression: Required value/],
  ];
  for (const [name, spec, message] of cases) {
    await assertRefused(validatingAdmissionPolicies, validating(spec), { code: 422, message, name });
  }
  const mutation = { patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{" } };
  const mutating = validating({ reinvocationPolicy: "Never", mutations: [mutation] });
  await assertRefused(mutatingAdmissionPolicies, mutating, {
    code: 422,
    message: /spec\.mutations\[0\]\.applyConfiguration\.expression: Invalid value/,
    name: "a mutation",
  });
});

test("roles that aggregate each other are stored, as upstream stores them, and one that selects nothing is refused", async () => {
  const role = (name: string, other: string): ApiObject =>
    ({
      metadata: { name, labels: { [name]: "yes" } },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [other]: "yes" } }] },
      rules: [],
    }) as ApiObject;
  await server.client.create(clusterRoles, role("one", "two") as never);
  await server.client.create(clusterRoles, role("two", "one") as never);
  assert.deepEqual(
    events
      .filter(({ objectRef }) => objectRef?.resource === "clusterroles")
      .map(({ responseStatus }) => responseStatus?.code),
    [201, 201],
  );
  const empty = { metadata: { name: "three" }, aggregationRule: { clusterRoleSelectors: [] } };
  await assertRefused(clusterRoles, empty, {
    code: 422,
    message:
      /aggregationRule\.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil/,
    name: "no selector",
  });
  const broken = {
    metadata: { name: "three" },
    aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: "a", operator: "Like" }] }] },
  };
  await assertRefused(clusterRoles, broken, {
    code: 422,
    message: /clusterRoleSelectors\[0\]\.matchExpressions\[0\]\.operator: Invalid value/,
    name: "a selector that is none",
  });
});
