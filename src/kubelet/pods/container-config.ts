import { createHash } from "node:crypto";
import type { Container, Pod } from "../../api/generated/core/v1.ts";
import type { ContainerConfig, ContainerSecurityContext, Mount } from "../cri/config.ts";
import { expand } from "../environment/expansion.ts";
import {
  CONTAINER_HASH_ANNOTATION,
  CONTAINER_NAME_LABEL,
  POD_TERMINATION_GRACE_ANNOTATION,
  podLabels,
  RESOURCES_ANNOTATION,
  RESTART_COUNT_ANNOTATION,
  TERMINATION_MESSAGE_FILE_ANNOTATION,
  TERMINATION_MESSAGE_PATH_ANNOTATION,
  TERMINATION_MESSAGE_POLICY_ANNOTATION,
} from "../labels.ts";
import { containerLogPath } from "./paths.ts";
import { type AnyContainer, identityOf } from "./pod.ts";
import { containerResources } from "./resources.ts";

const DEFAULT_TERMINATION_PATH = "/dev/termination-log";

export interface ContainerFacts {
  readonly attempt: number;
  readonly restartCount: number;
  /** Id of the image on this node. */
  readonly imageRef: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly securityContext: ContainerSecurityContext;
  /** File on this machine that becomes the container's termination log. */
  readonly terminationMessageFile: string;
  readonly nodeMemoryBytes: number;
  readonly ownLabels: Readonly<Record<string, string>>;
}

/** What the runtime is told about a container. */
export function containerConfig(pod: Pod, container: AnyContainer, facts: ContainerFacts): ContainerConfig {
  const identity = identityOf(pod);
  const lookup = (name: string) => facts.environment.get(name);
  const terminationPath = container.terminationMessagePath || DEFAULT_TERMINATION_PATH;
  const termination: Mount = {
    containerPath: terminationPath,
    hostPath: facts.terminationMessageFile,
    readonly: false,
  };
  return {
    metadata: { name: container.name, attempt: facts.attempt },
    image: { image: facts.imageRef, userSpecifiedImage: container.image ?? "" },
    command: (container.command ?? []).map((part) => expand(part, lookup)),
    args: (container.args ?? []).map((part) => expand(part, lookup)),
    workingDir: container.workingDir ?? "",
    envs: [...facts.environment].map(([key, value]) => ({ key, value })),
    mounts: [...facts.mounts, termination],
    labels: { ...podLabels(identity), [CONTAINER_NAME_LABEL]: container.name, ...facts.ownLabels },
    annotations: {
      [CONTAINER_HASH_ANNOTATION]: containerHash(container),
      [RESOURCES_ANNOTATION]: JSON.stringify((container as Container).resources ?? {}),
      [RESTART_COUNT_ANNOTATION]: String(facts.restartCount),
      [TERMINATION_MESSAGE_PATH_ANNOTATION]: terminationPath,
      [TERMINATION_MESSAGE_POLICY_ANNOTATION]: container.terminationMessagePolicy ?? "File",
      [TERMINATION_MESSAGE_FILE_ANNOTATION]: facts.terminationMessageFile,
      [POD_TERMINATION_GRACE_ANNOTATION]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
    },
    logPath: containerLogPath(container.name, facts.attempt),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    linux: {
      resources: containerResources(pod, container as Container, facts.nodeMemoryBytes),
      securityContext: facts.securityContext,
    },
  };
}

/** By what it is made from: pods of one workload have the same, and each look at a pod asks again. */
const hashes = new Map<string, string>();
const HASHES_REMEMBERED = 1000;

/** Changes when the container must be replaced: its name or image is another. */
export function containerHash(container: AnyContainer): string {
  const text = JSON.stringify([container.name, container.image]);
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  if (hashes.size >= HASHES_REMEMBERED) hashes.clear();
  hashes.set(text, hash);
  return hash;
}

/** Whether the pod's own mounts leave /etc/hosts to the kubelet. */
export function wantsEtcHosts(container: AnyContainer): boolean {
  return !(container.volumeMounts ?? []).some(({ mountPath }) => mountPath.replace(/\/+$/, "") === "/etc/hosts");
}
