import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { StatusError } from "../../../api/status.ts";
import { silentLogger } from "../../../base/log.ts";
import { systemRandom } from "../../../base/random.ts";
import { createTestAuthority } from "../../../base/testing/certificates.ts";
import { connectSubresources } from "../../connect/connect.ts";
import { type AdmissionWitness, startAdmissionWitness } from "../../testing/admission-witness.ts";

/** What webhooks are told of requests whose objects are never stored: reviews, bindings, evictions, tokens, streams, proxies. */

const CORE = "/api/v1/namespaces/default";
const authority = createTestAuthority();
let witness: AdmissionWitness;

before(async () => {
  const kubelet = authority.issue("kube-apiserver-kubelet-client");
  witness = await startAdmissionWitness({
    security: { clientAuthority: () => authority.ca },
    subresources: connectSubresources({
      tls: () => ({ ...kubelet, ca: authority.ca }),
      reader: () => witness.server.server.reader,
      random: systemRandom,
      log: silentLogger,
    }),
  });
  await witness.ask("POST", "/api/v1/namespaces", { metadata: { name: "default" } });
  await witness.ask("POST", `${CORE}/serviceaccounts`, { metadata: { name: "sa" } });
  const spec = { containers: [{ name: "main", image: "i" }], serviceAccountName: "sa" };
  for (const name of ["bound", "named", "evicted"]) {
    await witness.ask("POST", `${CORE}/pods`, { metadata: { name }, spec });
  }
  await witness.ask("POST", `${CORE}/services`, { metadata: { name: "s" }, spec: { ports: [{ port: 80 }] } });
  await witness.ask("POST", "/api/v1/nodes", { metadata: { name: "n" } });
});
after(() => witness.close());

interface Said {
  resource: string;
  kind: string;
  name?: string;
  namespace?: string;
}

function creation({ resource, kind, ...where }: Said): object {
  return {
    operation: "CREATE",
    kind,
    resource,
    name: undefined,
    namespace: undefined,
    ...where,
    object: kind,
    oldObject: null,
    options: "meta.k8s.io/v1 CreateOptions",
  };
}

const REVIEWS: readonly [resource: string, kind: string, spec: object, namespace?: string][] = [
  ["authentication.k8s.io/v1 tokenreviews", "TokenReview", { token: "t" }],
  ["authentication.k8s.io/v1 selfsubjectreviews", "SelfSubjectReview", {}],
  ["authorization.k8s.io/v1 subjectaccessreviews", "SubjectAccessReview", { user: "u", resourceAttributes: {} }],
  ["authorization.k8s.io/v1 selfsubjectaccessreviews", "SelfSubjectAccessReview", { resourceAttributes: {} }],
  ["authorization.k8s.io/v1 selfsubjectrulesreviews", "SelfSubjectRulesReview", { namespace: "default" }],
  [
    "authorization.k8s.io/v1 localsubjectaccessreviews",
    "LocalSubjectAccessReview",
    { user: "u", resourceAttributes: { namespace: "default" } },
    "default",
  ],
];

for (const [resource, kind, spec, namespace] of REVIEWS) {
  test(`webhooks are told of a ${kind}`, async () => {
    const [apiVersion, plural] = resource.split(" ") as [string, string];
    const path = `/apis/${apiVersion}/${namespace === undefined ? "" : `namespaces/${namespace}/`}${plural}`;
    const told = await witness.told(() => witness.ask("POST", path, { spec }));
    assert.deepEqual(told, creation({ resource, kind: `${apiVersion} ${kind}`, ...(namespace && { namespace }) }));
    const wrong = witness.ask("POST", `${path}?dryRun=Some`, { spec });
    await assert.rejects(
      wrong,
      /CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: \["Some"\]: supported values: "All"/,
    );
  });
}

const here = { namespace: "default" };
const target = { kind: "Node", name: "n" };

test("webhooks are told of a Binding by the path it is posted to, and of its pod's name", async () => {
  const binding = (name: string) => ({ metadata: { name }, target });
  const kind = "v1 Binding";
  const told = await witness.told(() => witness.ask("POST", `${CORE}/bindings`, binding("bound")));
  assert.deepEqual(told, creation({ resource: "v1 bindings", kind, name: "bound", ...here }));
  const tooToo = await witness.told(() => witness.ask("POST", `${CORE}/pods/named/binding`, binding("named")));
  assert.deepEqual(tooToo, creation({ resource: "v1 pods/binding", kind, name: "named", ...here }));
  await assert.rejects(
    witness.ask("POST", `${CORE}/pods/named/binding`, binding("other")),
    refused(400, "name in URL does not match name in Binding object"),
  );
});

test("webhooks are told of an Eviction, which names the pod of the path", async () => {
  const eviction = (name: string) => ({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name } });
  const path = `${CORE}/pods/evicted/eviction`;
  await assert.rejects(
    witness.ask("POST", path, eviction("other")),
    refused(400, "name in URL does not match name in Eviction object"),
  );
  const told = await witness.told(() => witness.ask("POST", path, eviction("evicted")));
  const kind = "policy/v1 Eviction";
  assert.deepEqual(told, creation({ resource: "v1 pods/eviction", kind, name: "evicted", ...here }));
});

test("webhooks are told of a TokenRequest, which names the account of the path or none", async () => {
  const request = (name?: string) => ({ ...(name && { metadata: { name } }), spec: { audiences: ["a"] } });
  const path = `${CORE}/serviceaccounts/sa/token`;
  await assert.rejects(
    witness.ask("POST", path, request("other")),
    refused(
      422,
      'TokenRequest.authentication.k8s.io "sa" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
    ),
  );
  const told = await witness.told(() => witness.ask("POST", path, request()));
  const kind = "authentication.k8s.io/v1 TokenRequest";
  assert.deepEqual(told, creation({ resource: "v1 serviceaccounts/token", kind, name: "sa", ...here }));
});

function refused(code: number, message: string) {
  return (error: unknown) => {
    assert.ok(error instanceof StatusError);
    assert.deepEqual([error.code, error.message], [code, message]);
    return true;
  };
}

const STREAMS: readonly [path: string, resource: string, kind: string, methods: readonly string[]][] = [
  [`${CORE}/pods/bound/exec?command=x`, "pods/exec", "PodExecOptions", ["GET", "POST"]],
  [`${CORE}/pods/bound/attach`, "pods/attach", "PodAttachOptions", ["GET", "POST"]],
  [`${CORE}/pods/bound/portforward`, "pods/portforward", "PodPortForwardOptions", ["GET", "POST"]],
];
const ANY = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const PROXIES: typeof STREAMS = [
  [`${CORE}/pods/bound/proxy/`, "pods/proxy", "PodProxyOptions", ANY],
  [`${CORE}/services/s/proxy/`, "services/proxy", "ServiceProxyOptions", ANY],
  ["/api/v1/nodes/n/proxy/", "nodes/proxy", "NodeProxyOptions", ANY],
];

for (const [path, resource, kind, methods] of [...STREAMS, ...PROXIES]) {
  for (const method of methods) {
    test(`webhooks are told of ${method} ${resource} as CONNECT`, async () => {
      // No node is there to answer.
      const told = await witness.told(() => witness.ask(method, path).catch(() => {}));
      const [, name] = /(?:pods|services|nodes)\/(\w+)/.exec(path)!;
      assert.deepEqual(told, {
        operation: "CONNECT",
        kind: `v1 ${kind}`,
        resource: `v1 ${resource}`,
        name,
        namespace: resource.startsWith("nodes") ? undefined : "default",
        object: `v1 ${kind}`,
        oldObject: null,
        options: null,
      });
    });
  }
}
