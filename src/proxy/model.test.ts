import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, ServiceSpec } from "../api/generated/core/v1.ts";
import { hostPortPod, serviceFacts, sliceFacts } from "./model.ts";

const facts = (spec: ServiceSpec, labels: Record<string, string> = {}, ingress: object[] = []) =>
  serviceFacts({ metadata: { namespace: "d", name: "web", labels }, spec, status: { loadBalancer: { ingress } } });

test("services that no proxy serves", () => {
  assert.equal(facts({ clusterIP: "None" }), undefined);
  assert.equal(facts({ type: "ExternalName", externalName: "a.b" }), undefined);
  assert.equal(facts({ clusterIP: "" }), undefined);
  assert.equal(facts({ clusterIP: "fd00::1" }), undefined);
  assert.equal(facts({ clusterIP: "10.96.0.9" }, { "service.kubernetes.io/service-proxy-name": "mesh" }), undefined);
  assert.equal(facts({ clusterIP: "10.96.0.9" }, { "service.kubernetes.io/headless": "" }), undefined);
});

test("what is no IPv4 address never reaches the rules", () => {
  const ingress = [
    { ip: "192.0.2.9" },
    { hostname: "lb" },
    { ip: "192.0.2.8", ipMode: "Proxy" },
    { ip: "1.2.3.4; flush ruleset" },
  ];
  const service = facts(
    {
      type: "LoadBalancer",
      clusterIP: "10.96.0.9",
      clusterIPs: ["10.96.0.9", "fd00::9"],
      externalIPs: ["192.0.2.7", "fd00::7", "x"],
      loadBalancerSourceRanges: [" 10.0.0.0/8", "fd00::/8", "10.0.0.0/33"],
      ports: [{ port: 80, nodePort: 30_080 }],
    },
    {},
    ingress,
  );
  assert.deepEqual(service, {
    key: "d/web",
    clusterIPs: ["10.96.0.9"],
    externalIPs: ["192.0.2.7"],
    loadBalancerIPs: ["192.0.2.9"],
    sourceRanges: ["10.0.0.0/8"],
    internalLocal: false,
    externalLocal: false,
    ports: [{ name: "", protocol: "tcp", port: 80, nodePort: 30_080 }],
  });
});

test("affinity has upstream's default time", () => {
  assert.equal(facts({ clusterIP: "10.96.0.9", sessionAffinity: "ClientIP" })?.affinitySeconds, 10_800);
  const sessionAffinityConfig = { clientIP: { timeoutSeconds: 5 } };
  assert.equal(
    facts({ clusterIP: "10.96.0.9", sessionAffinity: "ClientIP", sessionAffinityConfig })?.affinitySeconds,
    5,
  );
});

test("endpoints without conditions are ready", () => {
  const metadata = { namespace: "d", name: "s", labels: { "kubernetes.io/service-name": "web" } };
  const endpoints = [{ addresses: ["10.244.0.5"] }, { addresses: ["10.244.0.6"], conditions: { ready: false } }];
  const slice = sliceFacts({ metadata, addressType: "IPv4", ports: [{ port: 80 }, {}], endpoints });
  assert.deepEqual(
    slice?.endpoints.map(({ ready, serving }) => [ready, serving]),
    [
      [true, true],
      [false, false],
    ],
  );
  assert.equal(slice?.ports.length, 1);
  assert.equal(sliceFacts({ metadata, addressType: "IPv6", endpoints: [] }), undefined);
  for (const label of ["service.kubernetes.io/headless", "service.kubernetes.io/service-proxy-name"]) {
    const labels = { ...metadata.labels, [label]: "" };
    assert.equal(sliceFacts({ metadata: { ...metadata, labels }, addressType: "IPv4", endpoints: [] }), undefined);
  }
});

test("host ports are those of running pods with a network of their own", () => {
  const pod = (change: object, phase = "Running"): Pod =>
    ({
      metadata: { namespace: "d", name: "p" },
      spec: {
        containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 8080, hostIP: "0.0.0.0" }] }],
        ...change,
      },
      status: { phase, podIP: "10.244.0.5" },
    }) as Pod;
  assert.deepEqual(hostPortPod(pod({}))?.ports, [{ hostIP: "", hostPort: 8080, containerPort: 80, protocol: "tcp" }]);
  assert.equal(hostPortPod(pod({ hostNetwork: true })), undefined);
  assert.equal(hostPortPod(pod({}, "Succeeded")), undefined);
  const sidecar = { name: "s", restartPolicy: "Always", ports: [{ containerPort: 81, hostPort: 8181 }] };
  assert.equal(hostPortPod(pod({ initContainers: [sidecar] }))?.ports.length, 2);
});
