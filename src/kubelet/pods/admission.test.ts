import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { rejection } from "./admission.ts";

const node: Node = {
  metadata: { name: "n", labels: { "kubernetes.io/os": "linux", disk: "ssd" } },
  status: { allocatable: { cpu: "4", pods: "3", "example.com/gpu": "2" } },
};
const allocatable = { cpu: 4000, pods: 3 };
const enforcesAppArmor = false;

const pod = (spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod => ({
  metadata: { name: "p", labels },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});
const listening = (...ports: object[]) => pod({ containers: [{ name: "c", ports } as never] });
const needing = (requests: Record<string, string>) => pod({ containers: [{ name: "c", resources: { requests } }] });

test("why a node refuses a pod that is bound to it", () => {
  const cases: readonly [string, Pod, (string | undefined)?, (readonly Pod[])?][] = [
    ["nothing in the way", pod()],
    ["another system by its label", pod({}, { "kubernetes.io/os": "windows" }), "PodOSSelectorNodeLabelDoesNotMatch"],
    ["another system", pod({ os: { name: "windows" } }), "PodOSNotSupported"],
    ["this system", pod({ os: { name: "linux" } })],
    [
      "strict groups, which the runtime does not know",
      pod({ securityContext: { supplementalGroupsPolicy: "Strict" } }),
      "SupplementalGroupsPolicyNotSupported",
    ],
    ["a profile", pod({ securityContext: { appArmorProfile: { type: "RuntimeDefault" } } }), "AppArmor"],
    ["too much cpu", needing({ cpu: "3" }), "OutOfcpu", [needing({ cpu: "2" })]],
    ["too many pods", pod(), "OutOfpods", [pod(), pod(), pod()]],
    ["more than somebody told that the node has", needing({ "example.com/gpu": "3" }), "OutOfexample.com/gpu"],
    ["what somebody told that the node has", needing({ "example.com/gpu": "2" })],
    ["what the node knows nothing of", needing({ "example.com/other": "2" })],
    ["another node's label", pod({ nodeSelector: { disk: "hdd" } }), "NodeAffinity"],
    [
      "a port that is held",
      listening({ hostPort: 80 }),
      "NodePorts",
      [listening({ hostPort: 80, hostIP: "10.0.0.1" })],
    ],
    [
      "the port of another protocol",
      listening({ hostPort: 80 }),
      undefined,
      [listening({ hostPort: 80, protocol: "UDP" })],
    ],
    [
      "the port on another address",
      listening({ hostPort: 80, hostIP: "10.0.0.2" }),
      undefined,
      [listening({ hostPort: 80, hostIP: "10.0.0.1" })],
    ],
  ];
  for (const [name, wanted, reason, others = []] of cases) {
    assert.equal(rejection(wanted, { node, others, allocatable, enforcesAppArmor })?.reason, reason, name);
  }
});

test("of taints those alone count that would end the pod", () => {
  const tainted = (effect: string): Node => ({ ...node, spec: { taints: [{ key: "k", effect }] } });
  const found = (effect: string, spec: Partial<PodSpec> = {}) =>
    rejection(pod(spec), { node: tainted(effect), others: [], allocatable, enforcesAppArmor });
  assert.deepEqual(found("NoExecute"), {
    reason: "TaintToleration",
    message: "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
  });
  assert.equal(found("NoExecute", { tolerations: [{ operator: "Exists" }] }), undefined);
  assert.equal(found("NoSchedule"), undefined);
});

test("of the kernel's settings a pod gets those that are safe and its own", () => {
  const wanting = (name: string, spec: Partial<PodSpec> = {}) =>
    rejection(pod({ securityContext: { sysctls: [{ name, value: "1" }] }, ...spec }), {
      node,
      others: [],
      allocatable,
      enforcesAppArmor,
    });
  assert.equal(wanting("kernel.shm_rmid_forced"), undefined);
  assert.equal(wanting("net/ipv4/tcp_syncookies"), undefined);
  assert.deepEqual(wanting("kernel.msgmax"), {
    reason: "SysctlForbidden",
    message: 'forbidden sysctl: "kernel.msgmax" not allowlisted',
  });
  const onHost = wanting("net.ipv4.tcp_syncookies", { hostNetwork: true });
  assert.equal(onHost?.message, 'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host Net enabled');
  const withHost = wanting("kernel.shm_rmid_forced", { hostIPC: true });
  assert.equal(withHost?.message, 'forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host IPC enabled');
});
