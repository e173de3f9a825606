import type { Pod } from "../api/generated/core/v1.ts";
import { failure } from "../api/status.ts";
import type { KubeletHandle } from "./handle.ts";
import { containerLog, loggedContainer, runningContainer } from "./pods/containers.ts";
import type { PodDependencies } from "./pods/dependencies.ts";
import { identityOf } from "./pods/pod.ts";
import type { PodManager } from "./pods/pod-manager.ts";
import { readySandbox } from "./pods/runtime-state.ts";

type Calls = Omit<KubeletHandle, "stop" | "ready" | "nodeName" | "health">;

/** What the kubelet answers about its pods: reads of what workers keep, and calls of the runtime. */
export function kubeletCalls(manager: PodManager, dependencies: PodDependencies): Calls {
  const { cache, runtime, statuses, paths, ownLabels } = dependencies;

  function pods(): Pod[] {
    return manager.pods().map((pod) => {
      const status = statuses.get(identityOf(pod).uid);
      return status === undefined ? pod : { ...pod, status: { ...pod.status, ...status } };
    });
  }

  function podByName(namespace: string, name: string, uid?: string): Pod | undefined {
    return pods().find((pod) => {
      const identity = identityOf(pod);
      return identity.namespace === namespace && identity.name === name && (!uid || identity.uid === uid);
    });
  }

  function find({ namespace, pod: name, uid }: { namespace: string; pod: string; uid?: string }): Pod {
    const pod = podByName(namespace, name, uid);
    if (pod === undefined) throw failure(404, "NotFound", `pod does not exist`);
    return pod;
  }

  return {
    pods,
    podByName,
    async exec(target, command, streams) {
      const { id: containerId } = runningContainer(cache.get(identityOf(find(target)).uid), target);
      return runtime.runtime.exec({ containerId, command, ...streams });
    },
    async attach(target, streams) {
      const { id: containerId } = runningContainer(cache.get(identityOf(find(target)).uid), target);
      return runtime.runtime.attach({ containerId, ...streams });
    },
    async portForward(target, ports) {
      const sandbox = readySandbox(cache.get(identityOf(find(target)).uid));
      if (sandbox === undefined) throw failure(404, "NotFound", `not running: pod ${target.pod} has no ready sandbox`);
      return runtime.runtime.portForward(sandbox.id, ports);
    },
    async run(target, command, timeoutSeconds) {
      const { id } = runningContainer(cache.get(identityOf(find(target)).uid), target);
      return runtime.runtime.execSync(id, command, timeoutSeconds);
    },
    async log(target, { previous }) {
      const pod = find(target);
      const { uid } = identityOf(pod);
      const status = loggedContainer(pod, cache.get(uid), { container: target.container, previous });
      return containerLog(cache, uid, status);
    },
    logDirectory: paths.logs,
    containerStats: () => runtime.runtime.listContainerStats({ labels: ownLabels }),
    imageFilesystems: () => runtime.images.imageFsInfo(),
  };
}
