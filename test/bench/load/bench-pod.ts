import type { ApiServer } from "./api-server.ts";
import type { RequestForm } from "./job.ts";
import { runLoad } from "./load.ts";

/** No scheduler of ours takes it, so that nothing but the API is measured. */
const SCHEDULER = "bench";
const DESCRIPTION = "a page and what keeps it fresh. ".repeat(14);

/** A pod with much of a spec: 2 KB as the client sends it, 5.6 KB as the server keeps it. `{n}` becomes its number. */
export function podBody(namespace: string, more: object = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "pod-{n}",
      namespace,
      labels: { app: "web", tier: "front", "pod-template-hash": "5d8f7c9b6" },
      annotations: { "example.com/description": DESCRIPTION },
    },
    spec: {
      schedulerName: SCHEDULER,
      containers: [
        {
          name: "web",
          image: "registry.example.com/shop/web:1.27.3",
          ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
          env: [
            { name: "LANGUAGE", value: "en" },
            { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "web", key: "password" } } },
          ],
          resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "1", memory: "128Mi" } },
          volumeMounts: [
            { name: "settings", mountPath: "/etc/web", readOnly: true },
            { name: "scratch", mountPath: "/tmp" },
          ],
          readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5, failureThreshold: 3 },
          livenessProbe: { httpGet: { path: "/live", port: "http" }, initialDelaySeconds: 10 },
        },
        {
          name: "refresh",
          image: "registry.example.com/shop/refresh:2.0.1",
          command: ["/bin/refresh"],
          args: ["--every=30s", "--directory=/tmp"],
          resources: { requests: { cpu: "10m", memory: "16Mi" } },
          volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
        },
      ],
      volumes: [
        { name: "settings", configMap: { name: "web" } },
        { name: "scratch", emptyDir: {} },
      ],
      nodeSelector: { "kubernetes.io/os": "linux" },
      terminationGracePeriodSeconds: 30,
      ...more,
    },
  });
}

/** A pod of the plainest kind: 2.6 KB as the server keeps it, so that a list of 10,000 has 26 MB. */
export function plainPodBody(namespace: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "pod-{n}",
      namespace,
      labels: { app: "web", tier: "front", "pod-template-hash": "5d8f7c9b6" },
      annotations: { "example.com/description": DESCRIPTION },
    },
    spec: {
      schedulerName: SCHEDULER,
      automountServiceAccountToken: false,
      containers: [
        {
          name: "web",
          image: "registry.example.com/shop/web:1.27.3",
          ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
          resources: { requests: { cpu: "100m", memory: "64Mi" } },
        },
      ],
    },
  });
}

export function podsPath({ namespace }: ApiServer): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

/** So many pods, made as fast as they can be. @throws Error with the first refusal */
export async function createPods(
  api: ApiServer,
  count: number,
  { firstNumber = 0, body = podBody(api.namespace) } = {},
): Promise<void> {
  const requests: RequestForm[] = [{ method: "POST", path: podsPath(api), body }];
  const load = { kind: "requests", target: api.user, connections: 4, senders: 64, requests } as const;
  const result = await runLoad({ ...load, count, firstNumber });
  if (result.failures > 0) throw new Error(result.firstFailure);
}
