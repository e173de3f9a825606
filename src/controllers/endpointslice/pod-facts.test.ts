import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { keptPod } from "../pod-control/kept-pod.ts";
import { endpointPod } from "./pod-facts.ts";

const pod = (status: Pod["status"]): Pod => ({
  metadata: { name: "web-1", namespace: "shop", uid: "1", labels: { app: "web" } },
  spec: {
    nodeName: "n1",
    hostname: "web-1",
    subdomain: "web",
    containers: [
      {
        name: "web",
        image: "web:1",
        ports: [{ name: "http", containerPort: 8080 }, { containerPort: 9090 }],
      },
    ],
    initContainers: [
      {
        name: "proxy",
        image: "p",
        restartPolicy: "Always",
        ports: [{ name: "admin", containerPort: 1, protocol: "UDP" }],
      },
      { name: "setup", image: "s", ports: [{ name: "never", containerPort: 2 }] },
    ],
  },
  ...(status === undefined ? {} : { status }),
});

const ready = [{ type: "Ready", status: "True" }];

test("what controllers keep of a pod is enough for its endpoints", () => {
  for (const status of [
    undefined,
    { phase: "Pending" },
    { phase: "Running", podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }], conditions: ready },
    { phase: "Running", podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }], conditions: ready },
    { phase: "Running", podIP: "10.0.0.1" },
    { phase: "Running", podIPs: [{ ip: "10.0.0.1" }], conditions: ready },
    { phase: "Succeeded", podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] },
  ]) {
    assert.deepEqual(endpointPod(keptPod(pod(status))), endpointPod(pod(status)));
  }
});

test("an endpoint has the pod's addresses and the ports that have names", () => {
  const {
    ips,
    namedPorts,
    ready: isReady,
  } = endpointPod(
    keptPod(pod({ podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }], conditions: ready })),
  );
  assert.deepEqual(ips, ["10.0.0.1", "fd00::1"]);
  assert.deepEqual(namedPorts, [
    { name: "http", port: 8080, protocol: "TCP" },
    { name: "admin", port: 1, protocol: "UDP" },
  ]);
  assert.equal(isReady, true);
});
