import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, EphemeralContainer, PodSpec } from "../generated/core/v1.ts";
import { oneContainer, type PodDraft, podErrors, templateErrors } from "../testing/pod-errors.ts";

/** Rules of containers: variables, mounts, hooks, and what differs between regular, init and ephemeral ones. */

const C = "spec.containers[0]";
const I = "spec.initContainers[0]";
const REF = `${C}.env[0].valueFrom.fieldRef`;

const field = (fieldPath: string, apiVersion = "v1"): PodDraft =>
  oneContainer({ env: [{ name: "A", valueFrom: { fieldRef: { apiVersion, fieldPath } } }] });
const init = (fields: Partial<Container>): PodDraft => ({
  initContainers: [{ name: "i", image: "nginx", ...fields }],
});
const fromFile = (volumeName: string) => ({
  env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName, path: "p", key: "K" } } }],
});
const stop = (stopSignal: string, os?: string): PodDraft => ({
  ...oneContainer({ lifecycle: { stopSignal } }),
  ...(os && { os: { name: os } }),
});

const cases: readonly [string, PodDraft, readonly string[]][] = [
  ["a label", field("metadata.labels['app.kubernetes.io/name']"), []],
  ["an annotation in capitals", field("metadata.annotations['Build']"), []],
  [
    "a part of a field that has none",
    field("metadata.name['a']"),
    [
      `${REF}.fieldPath: Invalid value: "metadata.name['a']": error converting fieldPath: field label does not support subscript: metadata.name['a']`,
    ],
  ],
  [
    "an annotation of another version of pods",
    field("metadata.annotations['a']", "v2"),
    [
      `${REF}.fieldPath: Invalid value: "metadata.annotations['a']": error converting fieldPath: unsupported pod version: v2`,
    ],
  ],
  [
    "a variable from nowhere",
    oneContainer({ env: [{ name: "A", valueFrom: {} }] }),
    [
      `${C}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
    ],
  ],
  [
    "a file without anything",
    oneContainer({ env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "", path: "", key: "" } } }] }),
    [
      `${C}.env[0].valueFrom.fileKeyRef.key: Required value`,
      `${C}.env[0].valueFrom.fileKeyRef.volumeName: Required value`,
      `${C}.env[0].valueFrom.fileKeyRef.path: Required value`,
      `${C}.env[0].valueFrom.fileKeyRef.volumeName: Not found: ""`,
    ],
  ],
  [
    "files in a volume that is not empty, told after all else",
    {
      volumes: [{ name: "v", secret: { secretName: "s" } }],
      ...oneContainer(fromFile("v")),
      ...init(fromFile("v")),
      os: { name: "" },
    },
    [
      "spec.os.name: Required value",
      `${I}.env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`,
      `${C}.env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`,
    ],
  ],
  [
    "two sub paths",
    {
      volumes: [{ name: "v", emptyDir: {} }],
      ...oneContainer({ volumeMounts: [{ name: "v", mountPath: "/v", subPath: "a", subPathExpr: "$(A)" }] }),
    },
    [`${C}.volumeMounts[0].subPathExpr: Invalid value: "$(A)": subPathExpr and subPath are mutually exclusive`],
  ],
  [
    "an init container that a resize would start again",
    init({ resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }),
    [
      `${I}.resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to 'RestartContainer' for non-sidecar initContainers`,
    ],
  ],
  [
    "a sidecar that a resize starts again",
    init({ restartPolicy: "Always", resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }),
    [],
  ],
  [
    "a signal of an unknown system",
    stop("SIGUSR1"),
    [`${C}.lifecycle.stopSignal: Forbidden: may not be set for containers with empty \`spec.os.name\``],
  ],
  ["a signal of Linux", stop("SIGRTMIN+15", "linux"), []],
  [
    "a signal that Windows does not have",
    stop("SIGUSR1", "windows"),
    [`${C}.lifecycle.stopSignal: Unsupported value: "SIGUSR1": supported values: "SIGKILL", "SIGTERM"`],
  ],
  [
    "images with space around them, told last",
    {
      ...oneContainer({ image: " nginx" }),
      ...init({ image: "nginx " }),
      volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
      serviceAccountName: "",
    },
    [
      "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set",
      `${C}.image: Invalid value: " nginx": must not have leading or trailing whitespace`,
      `${I}.image: Invalid value: "nginx ": must not have leading or trailing whitespace`,
    ],
  ],
  [
    "a scheme that does not exist",
    oneContainer({ livenessProbe: { httpGet: { port: 80, scheme: "FTP" } } }),
    [`${C}.livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"`],
  ],
];
for (const [name, draft, expected] of cases) {
  test(`containers: ${name}`, () => assert.deepEqual(podErrors(draft), expected));
}

test("what a resize does to an init container may stay as it is", () => {
  const draft = init({ resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] });
  assert.deepEqual(podErrors(draft, draft), []);
});

test("ephemeral containers are looked at as those of a pod, even in a template", () => {
  const debug: EphemeralContainer = { name: "c", image: "busybox " };
  const spec: PodSpec = { containers: [{ name: "c", image: "nginx " }], ephemeralContainers: [debug] };
  const at = "template.spec.ephemeralContainers";
  assert.deepEqual(templateErrors(spec), [
    `${at}[0].image: Invalid value: "busybox ": must not have leading or trailing whitespace`,
    `${at}[0].name: Duplicate value: "c"`,
    `${at}: Forbidden: ephemeral containers not allowed in pod template`,
  ]);
});
