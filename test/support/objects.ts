import type { Container, Pod, PodSpec } from "../../src/api/generated/core/v1.ts";

/** A pod of one container whose image has a shell; it stops at once when it is told to. */
export function shellPod(
  name: string,
  image: string,
  script: string,
  more: {
    readonly container?: Partial<Container>;
    readonly spec?: Partial<PodSpec>;
    readonly labels?: Record<string, string>;
  } = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...(more.labels && { labels: more.labels }) },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "main", image, command: ["sh", "-c", script], ...more.container }],
      ...more.spec,
    },
  };
}

/** Goes on until it is told to stop. */
export const WAIT_FOREVER = "trap 'exit 0' TERM; while true; do sleep 1 & wait $!; done";

export function configMap(name: string, data: Record<string, string>): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

export function secret(name: string, stringData: Record<string, string>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
}
