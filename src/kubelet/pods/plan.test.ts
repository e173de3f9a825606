import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { CONTAINER_HASH_ANNOTATION, CONTAINER_NAME_LABEL } from "../labels.ts";
import { containerHash } from "./container-config.ts";
import { firstToStart, type PlanInput, planPod } from "./plan.ts";
import type { PodContainerStatus, PodRuntimeState } from "./runtime-state.ts";

const a: Container = { name: "a", image: "x:1" };
const b: Container = { name: "b", image: "x:1" };
const sidecar: Container = { name: "side", image: "x:1", restartPolicy: "Always" };
const init = (name: string): Container => ({ name, image: "x:1" });

const pod = (spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: "p", namespace: "n", uid: "u" },
  spec: { containers: [a], ...spec },
});

const sandbox = (change: Partial<PodRuntimeState["sandboxes"][number]> = {}) => ({
  id: "s0",
  metadata: { name: "p", namespace: "n", uid: "u", attempt: 0 },
  state: "SANDBOX_READY" as const,
  createdAtMs: 1,
  labels: {},
  annotations: {},
  ips: ["10.0.0.2"],
  ...change,
});

let created = 1;
function status(container: Container, change: Partial<PodContainerStatus> = {}): PodContainerStatus {
  return {
    id: `${container.name}-${created}`,
    podSandboxId: "s0",
    metadata: { name: container.name, attempt: 0 },
    image: "x:1",
    imageRef: "sha256:1",
    state: "CONTAINER_RUNNING",
    createdAtMs: created++,
    labels: { [CONTAINER_NAME_LABEL]: container.name },
    annotations: { [CONTAINER_HASH_ANNOTATION]: containerHash(container) },
    startedAtMs: 1,
    finishedAtMs: 0,
    exitCode: 0,
    reason: "",
    message: "",
    logPath: "",
    terminationMessage: "",
    ...change,
  };
}

const exited = (container: Container, exitCode = 0, change: Partial<PodContainerStatus> = {}) =>
  status(container, { state: "CONTAINER_EXITED", exitCode, finishedAtMs: 2, ...change });

/** The plan in one line: what is killed, started, held back, and whether it is finished. */
function plan(
  subject: Pod,
  containers: PodContainerStatus[],
  change: Partial<PlanInput> = {},
  sandboxes = [sandbox()],
): string {
  const result = planPod({
    pod: subject,
    state: { sandboxes, containers: [...containers].reverse() },
    restartWaitUntil: () => undefined,
    hasStarted: () => true,
    failedProbe: () => undefined,
    ...change,
  });
  const parts = [
    result.sandbox === "keep" ? "" : `sandbox:${result.sandbox}`,
    ...result.kill.map(({ status: killed, because }) => `kill:${killed.metadata.name}(${because})`),
    ...result.start.map(({ container }) => `start:${container.name}`),
    ...result.backOff.map(({ container }) => `wait:${container.container.name}`),
    result.finished ? "finished" : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

test("a container whose policy asks for it is killed and started again with other resources, however it ends", () => {
  const policy = (restartPolicy: string) => [{ resourceName: "cpu", restartPolicy }];
  const wants = (restartPolicy: string): Container => ({
    ...a,
    resources: { requests: { cpu: "2" } },
    resizePolicy: policy(restartPolicy),
  });
  const actual = () => ({ requests: { cpu: "1" } });
  const planned = (container: Container, change: Partial<PlanInput>, spec: Partial<PodSpec> = {}) =>
    plan(pod({ containers: [container], restartPolicy: "OnFailure", ...spec }), [status(container)], change);
  assert.equal(planned(wants("RestartContainer"), { actual }), "kill:a(resize) start:a");
  assert.equal(planned(wants("NotRequired"), { actual }), "");
  assert.equal(planned(wants("RestartContainer"), {}), "", "of a pod that was never resized");
  assert.equal(planned(wants("RestartContainer"), { actual, failedProbe: () => "liveness" }), "kill:a(liveness)");
});

test("a new pod gets a sandbox first", () => {
  assert.equal(plan(pod(), [], {}, []), "sandbox:create");
});

test("a sandbox that is not ready, or has no address, is replaced", () => {
  const lost = [sandbox({ state: "SANDBOX_NOTREADY" })];
  assert.equal(plan(pod(), [exited(a, 137)], {}, lost), "sandbox:replace");
  assert.equal(plan(pod(), [], {}, [sandbox({ ips: [] })]), "sandbox:replace");
  assert.equal(plan(pod({ hostNetwork: true }), [], {}, [sandbox({ ips: [] })]), "start:a");
});

test("a pod whose work is done needs no other sandbox", () => {
  const lost = [sandbox({ state: "SANDBOX_NOTREADY" })];
  assert.equal(plan(pod({ restartPolicy: "Never" }), [exited(a, 1)], {}, lost), "finished");
  assert.equal(plan(pod({ restartPolicy: "OnFailure" }), [exited(a, 0)], {}, lost), "finished");
  assert.equal(plan(pod({ restartPolicy: "OnFailure" }), [exited(a, 1)], {}, lost), "sandbox:replace");
});

test("all regular containers start together", () => {
  assert.equal(plan(pod({ containers: [a, b] }), []), "start:a start:b");
  assert.equal(plan(pod({ containers: [a, b] }), [status(a)]), "start:b");
  assert.equal(plan(pod({ containers: [a, b] }), [status(a), status(b)]), "");
});

test("ended containers start again as the restart policy says", () => {
  for (const [restartPolicy, code, wanted] of [
    ["Always", 0, "start:a"],
    ["Always", 1, "start:a"],
    ["OnFailure", 0, "finished"],
    ["OnFailure", 1, "start:a"],
    ["Never", 1, "finished"],
  ] as const) {
    assert.equal(plan(pod({ restartPolicy }), [exited(a, code)]), wanted, `${restartPolicy} ${code}`);
  }
});

test("a container's own restart rules come first", () => {
  const rules = [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }];
  const own = { ...a, restartPolicy: "Never", restartPolicyRules: rules };
  assert.equal(plan(pod({ containers: [own] }), [exited(own, 42)]), "start:a");
  assert.equal(plan(pod({ containers: [own] }), [exited(own, 1)]), "finished");
});

test("an ended container waits for its back-off", () => {
  assert.equal(plan(pod(), [exited(a, 1)], { restartWaitUntil: () => 99 }), "wait:a");
});

test("one of several containers being done does not finish the pod", () => {
  const both = pod({ containers: [a, b], restartPolicy: "Never" });
  assert.equal(plan(both, [exited(a), status(b)]), "");
  assert.equal(plan(both, [exited(a), exited(b, 3)]), "finished");
});

test("init containers run one by one", () => {
  const staged = pod({ initContainers: [init("i"), init("j")] });
  const [i, j] = [init("i"), init("j")];
  assert.equal(plan(staged, []), "start:i");
  assert.equal(plan(staged, [status(i)]), "");
  assert.equal(plan(staged, [exited(i)]), "start:j");
  assert.equal(plan(staged, [exited(i), exited(j)]), "start:a");
  assert.equal(plan(staged, [exited(i), exited(j), status(a)]), "");
});

test("a failed init container is tried again, or fails the pod", () => {
  const i = init("i");
  assert.equal(plan(pod({ initContainers: [i] }), [exited(i, 1)]), "start:i");
  assert.equal(plan(pod({ initContainers: [i], restartPolicy: "OnFailure" }), [exited(i, 1)]), "start:i");
  assert.equal(plan(pod({ initContainers: [i], restartPolicy: "Never" }), [exited(i, 1)]), "finished");
});

test("init containers do not run again once a regular one came", () => {
  const staged = pod({ initContainers: [init("i")] });
  assert.equal(plan(staged, [status(a)]), "");
  assert.equal(plan(staged, [exited(a, 1)]), "start:a");
});

test("in a new sandbox everything begins anew", () => {
  const staged = pod({ initContainers: [init("i")] });
  const old = [exited(init("i"), 0, { podSandboxId: "old" }), exited(a, 137, { podSandboxId: "old" })];
  assert.equal(plan(staged, old), "start:i");
});

test("a sidecar must have started before the next container, and is kept running", () => {
  const helped = pod({ initContainers: [sidecar, init("i")] });
  assert.equal(plan(helped, []), "start:side");
  assert.equal(plan(helped, [status(sidecar)], { hasStarted: () => false }), "");
  assert.equal(plan(helped, [status(sidecar)]), "start:i");
  assert.equal(plan(helped, [status(sidecar), exited(init("i"))]), "start:a");
  assert.equal(plan(helped, [exited(sidecar, 1), exited(init("i")), status(a)]), "start:side");
});

test("a sidecar does not keep a pod alive whose work is done", () => {
  const helped = pod({ initContainers: [sidecar], restartPolicy: "Never" });
  assert.equal(plan(helped, [status(sidecar), exited(a)]), "finished");
});

test("failed probes, changed containers and unknown states replace containers", () => {
  assert.equal(plan(pod(), [status(a)], { failedProbe: () => "liveness" }), "kill:a(liveness)");
  assert.equal(plan(pod(), [status(a)], { failedProbe: () => "startup" }), "kill:a(startup)");
  assert.equal(plan(pod({ containers: [{ ...a, image: "x:2" }] }), [status(a)]), "kill:a(changed)");
  assert.equal(plan(pod(), [status(a, { state: "CONTAINER_UNKNOWN" })]), "kill:a(unknown)");
  assert.equal(plan(pod(), [status(a, { state: "CONTAINER_CREATED" })]), "kill:a(unknown)");
});

test("an ephemeral container starts once, beside the others", () => {
  const debugged = pod({ ephemeralContainers: [{ name: "debug", image: "x:1" }] });
  assert.equal(plan(debugged, [status(a)]), "start:debug");
  assert.equal(plan(debugged, [status(a), exited({ name: "debug", image: "x:1" }, 1)]), "");
});

test("what starts first in a new sandbox is what is planned for it once it is there", () => {
  const specs: readonly (readonly [Partial<PodSpec>, string[]])[] = [
    [{}, ["a"]],
    [{ containers: [a, b] }, ["a", "b"]],
    [{ initContainers: [init("i"), init("j")] }, ["i"]],
    [{ initContainers: [sidecar, init("j")] }, ["side"]],
  ];
  for (const [spec, names] of specs) {
    const first = firstToStart(pod(spec)).map(({ container }) => container.name);
    assert.deepEqual(first, names);
    const state = { sandboxes: [sandbox()], containers: [] };
    const planned = planPod({
      pod: pod(spec),
      state,
      restartWaitUntil: () => undefined,
      hasStarted: () => false,
      failedProbe: () => undefined,
    });
    assert.deepEqual(
      first,
      planned.start.map(({ container }) => container.name),
    );
  }
});
