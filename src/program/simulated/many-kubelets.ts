import { failure } from "../../api/status.ts";
import type { KubeletHandle } from "../../kubelet/handle.ts";
import type { KubeletApi } from "../../kubelet/server/kubelet-api.ts";

/** Several kubelets behind one server: a request about a pod goes to the one that has it. */
export function manyKubelets(nodeName: string, handles: ReadonlyMap<string, KubeletHandle>): KubeletApi {
  const all = (): KubeletHandle[] => [...handles.values()];
  const having = ({ namespace, pod, uid }: { namespace: string; pod: string; uid?: string }): KubeletHandle => {
    const found = all().find((handle) => handle.podByName(namespace, pod, uid) !== undefined);
    if (found === undefined) throw failure(404, "NotFound", "pod does not exist");
    return found;
  };
  return {
    nodeName,
    pods: () => all().flatMap((handle) => handle.pods()),
    health: () => all().flatMap((handle) => handle.health().map((problem) => `${handle.nodeName}: ${problem}`)),
    exec: async (target, command, streams) => having(target).exec(target, command, streams),
    attach: async (target, streams) => having(target).attach(target, streams),
    portForward: async (pod, ports) => having(pod).portForward(pod, ports),
    run: async (target, command, timeoutSeconds) => having(target).run(target, command, timeoutSeconds),
    log: async (target, options) => having(target).log(target, options),
    containerStats: async () => (await Promise.all(all().map((handle) => handle.containerStats()))).flat(),
    imageFilesystems: async () => [],
  };
}
