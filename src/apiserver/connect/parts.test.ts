import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { locationOf } from "./kubelet-client.ts";
import { containerOf } from "./pod-container.ts";
import { parseProxyName, targetPath } from "./proxy-name.ts";
import { nodeTarget, podTarget, serviceTarget } from "./proxy-target.ts";
import { resultOf } from "./remote-command.ts";

const podWith = (...names: string[]): Pod =>
  ({
    metadata: { name: "web" },
    spec: { containers: names.map((name) => ({ name })), initContainers: [{ name: "init" }] },
  }) as Pod;

test("which container is meant", () => {
  assert.equal(containerOf(podWith("a"), ""), "a");
  assert.equal(containerOf(podWith("a", "b"), "b"), "b");
  assert.equal(containerOf(podWith("a", "b"), "init"), "init");
  assert.throws(() => containerOf(podWith("a", "b"), ""), {
    code: 400,
    message:
      "a container name must be specified for pod web, choose one of: [a b] or one of the init containers: [init]",
  });
  assert.throws(() => containerOf(podWith("a"), "x"), { message: "container x is not valid for pod web" });
});

test("where a node's server is", () => {
  const addresses = [
    { type: "Hostname", address: "n" },
    { type: "InternalIP", address: "192.0.2.1" },
  ];
  assert.deepEqual(locationOf({ status: { addresses } }), { host: "192.0.2.1", port: 10_250 });
  const daemonEndpoints = { kubeletEndpoint: { Port: 7 } };
  assert.deepEqual(locationOf({ status: { addresses, daemonEndpoints } }), { host: "192.0.2.1", port: 7 });
  assert.throws(() => locationOf({}), { code: 400, message: /no preferred addresses found/ });
});

const results: [name: string, text: string, expected: object][] = [
  ["success", '{"metadata":{},"status":"Success"}', { status: "Success", code: 200 }],
  [
    "an exit code",
    '{"status":"Failure","reason":"NonZeroExitCode","message":"command terminated with non-zero exit code: x","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}',
    {
      status: "Failure",
      reason: "NonZeroExitCode",
      message: "command terminated with exit code 3",
      details: { causes: [{ reason: "ExitCode", message: "3" }] },
      code: 500,
    },
  ],
  [
    "an error",
    '{"status":"Failure","reason":"InternalError","message":"no"}',
    { status: "Failure", reason: "InternalError", message: "no", code: 500 },
  ],
  ["plain text", "no such file\n", { status: "Failure", reason: "InternalError", message: "no such file", code: 500 }],
  [
    "nothing",
    "",
    {
      status: "Failure",
      reason: "InternalError",
      message: "the connection to the container ended before its result arrived",
      code: 500,
    },
  ],
];
for (const [name, text, expected] of results) {
  test(`result of a command: ${name}`, () => {
    assert.deepEqual(resultOf(text, undefined), { kind: "Status", apiVersion: "v1", metadata: {}, ...expected });
  });
}

test("names and paths of proxy requests", () => {
  assert.deepEqual(parseProxyName("web"), { scheme: "", name: "web", port: "" });
  assert.deepEqual(parseProxyName("web:http"), { scheme: "", name: "web", port: "http" });
  assert.deepEqual(parseProxyName("https:web:443"), { scheme: "https", name: "web", port: "443" });
  for (const bad of ["ftp:web:1", "a:b:c:d", "https::1"]) assert.equal(parseProxyName(bad), undefined, bad);
  assert.equal(targetPath("/api/v1/nodes/n/proxy/a%2Fb/"), "/a%2Fb/");
  assert.equal(targetPath("/api/v1/namespaces/x/services/proxy/proxy/"), "/");
  assert.equal(targetPath("/api/v1/nodes/n/proxy"), undefined);
});

test("targets of proxy requests", () => {
  const node = { status: { addresses: [{ type: "InternalIP", address: "192.0.2.1" }] } };
  const name = (text: string) => parseProxyName(text)!;
  assert.deepEqual(nodeTarget(node, name("n")), { host: "192.0.2.1", port: 10_250, secure: true, isKubelet: true });
  assert.deepEqual(nodeTarget(node, name("n:9100")), {
    host: "192.0.2.1",
    port: 9100,
    secure: false,
    isKubelet: false,
  });
  const pod = {
    status: { podIP: "10.244.0.5" },
    spec: { containers: [{ name: "c", ports: [{ name: "web", containerPort: 8080 }] }] },
  } as Pod;
  assert.equal(podTarget(pod, name("p")).port, 8080);
  assert.equal(podTarget(pod, name("p:web")).port, 8080);
  assert.equal(podTarget(pod, name("p:81")).port, 81);
  for (const podIP of ["", "127.0.0.1", "169.254.169.254", "::1", "fe80::1", "host"]) {
    assert.throws(() => podTarget({ ...pod, status: { podIP } }, name("p")), { message: "address not allowed" }, podIP);
  }
});

test("a service's request goes to a ready endpoint", () => {
  const service: Service = { metadata: { name: "web", namespace: "d" }, spec: { ports: [{ name: "http", port: 80 }] } };
  const slices: EndpointSlice[] = [
    {
      metadata: { labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080 }],
      endpoints: [
        { addresses: ["10.244.0.5"], conditions: { ready: false } },
        { addresses: ["10.244.0.6"] },
        { addresses: ["10.244.0.7"] },
      ],
    },
  ];
  const target = (text: string, fraction = 0) => serviceTarget(service, parseProxyName(text)!, { slices, fraction });
  assert.deepEqual(target("web"), { host: "10.244.0.6", port: 8080, secure: false, isKubelet: false });
  assert.equal(target("web:http", 0.99).host, "10.244.0.7");
  assert.equal(target("https:web:80").secure, true);
  assert.throws(() => target("web:81"), { code: 503, message: 'no service port "81" found for service "web"' });
  assert.throws(() => serviceTarget(service, parseProxyName("web")!, { slices: [], fraction: 0 }), {
    message: 'no endpoints available for service "web"',
  });
});
