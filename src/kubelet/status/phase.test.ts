import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, ContainerState, ContainerStatus, PodSpec } from "../../api/generated/core/v1.ts";
import { podPhase } from "./phase.ts";

const running: ContainerState = { running: {} };
const waiting: ContainerState = { waiting: { reason: "ContainerCreating" } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });

function status(name: string, state: ContainerState, change: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, state, lastState: {}, ready: false, restartCount: 0, image: "", imageID: "", ...change };
}

interface Case {
  policy?: string;
  init?: ContainerState[];
  regular: ContainerState[];
  again?: boolean;
  terminal?: boolean;
  wanted: string;
}

const cases: Record<string, Case> = {
  "nothing runs yet": { regular: [waiting, waiting], wanted: "Pending" },
  "one waits": { regular: [running, waiting], wanted: "Pending" },
  "all run": { regular: [running, running], wanted: "Running" },
  "one ended, one runs": { regular: [ended(0), running], wanted: "Running" },
  "crashing, waiting for its back-off": { regular: [waiting], again: true, wanted: "Running" },
  "all ended well, Always": { regular: [ended(0)], wanted: "Running" },
  "all ended well, OnFailure": { policy: "OnFailure", regular: [ended(0), ended(0)], wanted: "Succeeded" },
  "failed, OnFailure": { policy: "OnFailure", regular: [ended(1)], wanted: "Running" },
  "all ended well, Never": { policy: "Never", regular: [ended(0)], wanted: "Succeeded" },
  "failed, Never": { policy: "Never", regular: [ended(0), ended(1)], wanted: "Failed" },
  initializing: { init: [running], regular: [waiting], wanted: "Pending" },
  "init failed, Never": { policy: "Never", init: [ended(1)], regular: [waiting], wanted: "Failed" },
  "init failed, Always": { init: [ended(1)], regular: [waiting], wanted: "Pending" },
  "init done": { init: [ended(0)], regular: [running], wanted: "Running" },
  "ended by the kubelet before anything ran": { regular: [waiting], terminal: true, wanted: "Failed" },
  "deleted, ended well": { regular: [ended(0)], terminal: true, wanted: "Succeeded" },
  "deleted, killed": { regular: [ended(137)], terminal: true, wanted: "Failed" },
};

for (const [name, { policy, init = [], regular, again, terminal, wanted }] of Object.entries(cases)) {
  test(`phase: ${name}`, () => {
    const named = (prefix: string, states: ContainerState[]): Container[] =>
      states.map((_, index) => ({ name: `${prefix}${index}` }));
    const spec: PodSpec = {
      restartPolicy: policy ?? "Always",
      initContainers: named("i", init),
      containers: named("c", regular),
    };
    const lastState = again === true ? ended(1) : {};
    const statuses = {
      init: init.map((state, index) => status(`i${index}`, state)),
      regular: regular.map((state, index) => status(`c${index}`, state, { lastState })),
    };
    assert.equal(podPhase({ spec }, statuses, terminal ?? false), wanted);
  });
}
