import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import {
  apiServices,
  configMaps,
  customResourceDefinitions,
  endpointSlices,
  namespaces,
  services,
  validatingWebhookConfigurations,
} from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { nextTurn } from "../../base/turn.ts";
import { createAdmissionPlugins } from "../admission/plugins.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import { type Answer, objectAnswer, textAnswer } from "../exchange.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { startWebhookServer, type WebhookServer } from "../testing/webhook-server.ts";

interface Review {
  readonly request: { readonly uid: string; readonly objects?: readonly ApiObject[]; desiredAPIVersion?: string };
}
interface Heard {
  readonly user: UserInfo | undefined;
  readonly query: string;
  readonly review: Review;
}

const heard: Heard[] = [];
let respond: (review: Review) => Promise<Answer> | Answer;
let memory: MemoryServer;
let extension: WebhookServer;

before(async () => {
  const own = await selfSigned();
  extension = await startWebhookServer(({ path, body }) => ({ body: path.includes("/gates") ? denied(body) : {} }), {
    dns: ["gate.quay.svc"],
  });
  memory = await startMemoryServer({
    admission: createAdmissionPlugins,
    proxyCertificate: () => ({ certificate: own.cert, key: own.key }),
    paths: () => [
      ({ method, path, query, user, body }) => {
        if (method !== "POST" || path !== "/gate") return undefined;
        const review = body.value as Review;
        heard.push({ user, query: `${query}`, review });
        return respond(review);
      },
    ],
  });
  await memory.client.create(namespaces, { metadata: { name: "quay" } });
});
after(async () => {
  await memory?.close();
  await extension?.close();
});
beforeEach(async () => {
  heard.length = 0;
  await memory.client.delete(validatingWebhookConfigurations, { name: "gate" }).catch(() => undefined);
});

const denied = (review: unknown): object => ({
  ...{ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" },
  response: { uid: (review as Review).request.uid, allowed: false, status: { message: "the gate is shut" } },
});

function guard(path: string, port?: number): Promise<unknown> {
  const service = { namespace: "default", name: "kubernetes", path, ...(port !== undefined && { port }) };
  return memory.client.create(validatingWebhookConfigurations, {
    metadata: { name: "gate" },
    webhooks: [
      {
        ...{ name: "gate.example.com", clientConfig: { service }, sideEffects: "None", timeoutSeconds: 3 },
        ...{ admissionReviewVersions: ["v1"], failurePolicy: "Fail" },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] }],
      },
    ],
  });
}

async function messageOf(doing: Promise<unknown>): Promise<string> {
  const error: unknown = await doing.then(
    () => undefined,
    (failure) => failure,
  );
  assert.ok(error instanceof StatusError);
  return error.message;
}
const create = () => memory.client.create(configMaps, { metadata: { name: "cargo", namespace: "quay" } });

test("a webhook behind the API server itself is asked without a network, as the server", async () => {
  await guard("/gate");
  respond = (review) => objectAnswer(denied(review) as ApiObject);
  const message = 'admission webhook "gate.example.com" denied the request: the gate is shut';
  assert.equal(await messageOf(create()), message);
  respond = (review) => textAnswer(JSON.stringify(denied(review)));
  assert.equal(await messageOf(create()), message);
  assert.deepEqual(heard[0]?.user, { name: "system:apiserver", groups: ["system:masters"] });
  assert.equal(heard[0]?.query, "timeout=3s");
});

test("what is not there, what fails and what never answers is told as of any other webhook", async () => {
  const failed = 'Internal error occurred: failed calling webhook "gate.example.com": failed to call webhook: ';
  await guard("/nowhere");
  assert.equal(await messageOf(create()), `${failed}the server could not find the requested resource`);
  await memory.client.delete(validatingWebhookConfigurations, { name: "gate" });
  await guard("/gate");
  respond = () => textAnswer("<html>");
  assert.match(await messageOf(create()), /: the answer is not JSON: /);
  respond = () => new Promise(() => {});
  const creating = messageOf(create());
  while (heard.length < 2) await nextTurn();
  await memory.clock.advance(3000);
  assert.equal(
    await creating,
    `${failed}Post "https://kubernetes.default.svc:443/gate?timeout=3s": context deadline exceeded`,
  );
});

test("another port of that Service is another server", async () => {
  await guard("/gate", 8443);
  assert.match(await messageOf(create()), /: service "kubernetes" not found$/);
  assert.equal(heard.length, 0);
});

test("a webhook may be an aggregated API server, which knows the API server alone", async () => {
  const { client } = memory;
  const service: Service = {
    metadata: { name: "gate", namespace: "quay" },
    spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }] },
  };
  const slice: EndpointSlice = {
    metadata: { name: "gate-1", namespace: "quay", labels: { "kubernetes.io/service-name": "gate" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    ports: [{ name: "https", port: extension.port, protocol: "TCP" }],
  };
  await client.create(services, service);
  await client.create(endpointSlices, slice);
  await client.create(apiServices, {
    metadata: { name: "v1.gates.example.com" },
    spec: {
      ...{ group: "gates.example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 100 },
      ...{ service: { namespace: "quay", name: "gate" }, caBundle: extension.caBundle },
    },
  });
  await guard("/apis/gates.example.com/v1/gates");
  assert.equal(await messageOf(create()), 'admission webhook "gate.example.com" denied the request: the gate is shut');
  const asked = extension.calls.find(({ path }) => path.includes("/gates?"));
  assert.equal(asked?.headers["x-remote-user"], "system:apiserver");
});

test("a conversion webhook behind the API server is asked so, too", async () => {
  const { client } = memory;
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const service = { namespace: "default", name: "kubernetes", path: "/gate" };
  const definition: CustomResourceDefinition = {
    metadata: { name: "locks.canal.example.com" },
    spec: {
      ...{ group: "canal.example.com", scope: "Namespaced" },
      names: { plural: "locks", kind: "Lock" },
      versions: ["v1", "v2"].map((name) => ({
        ...{ name, served: true, storage: name === "v1", schema: { openAPIV3Schema } },
      })),
      conversion: {
        strategy: "Webhook",
        webhook: { conversionReviewVersions: ["v1"], clientConfig: { service } },
      },
    },
  };
  respond = ({ request }) => {
    const convertedObjects = (request.objects ?? []).map((each) => ({
      ...each,
      ...{ apiVersion: request.desiredAPIVersion, depth: 4 },
    }));
    const response = { uid: request.uid, result: { status: "Success" }, convertedObjects };
    return objectAnswer({ kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", response } as ApiObject);
  };
  const locks = (version: string): ResourceReference => ({
    ...{ group: "canal.example.com", version, resource: "locks", kind: "Lock", namespaced: true },
  });
  await client.create(customResourceDefinitions, definition);
  const lock = { metadata: { name: "upper", namespace: "quay" } } as ApiObject;
  const deadline = performance.now() + 10_000;
  while (!(await client.create(locks("v1"), lock).catch(() => undefined)) && performance.now() < deadline) {
    await nextTurn();
  }
  const read = await client.get(locks("v2"), { namespace: "quay", name: "upper" });
  assert.equal((read as { depth?: number }).depth, 4);
  assert.equal(heard.at(-1)?.user?.name, "system:apiserver");
});
