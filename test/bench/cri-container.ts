import { join } from "node:path";
import type { ContainerConfig, PodSandboxConfig } from "../../src/kubelet/cri/config.ts";
import type { RuntimeService } from "../../src/kubelet/cri/runtime.ts";
import { timed } from "./timed.ts";

const NAMESPACES = { network: "POD", pid: "CONTAINER", ipc: "POD" } as const;
const CGROUP = "/wherry-bench";

/** What the runtime alone takes to make one sandbox and run one container in it, in ms; both are removed again. */
export async function runThroughCri(
  runtime: RuntimeService,
  options: { readonly image: string; readonly number: number; readonly directory: string },
): Promise<number> {
  const name = `bench-${options.number}`;
  const sandbox: PodSandboxConfig = {
    metadata: { name, namespace: "bench", uid: name, attempt: 0 },
    hostname: name,
    logDirectory: join(options.directory, "logs"),
    labels: { "wherry.local/bench": "cri" },
    annotations: {},
    linux: { cgroupParent: CGROUP, securityContext: { namespaceOptions: NAMESPACES, privileged: false } },
  };
  let id = "";
  const { durationMs } = await timed(async () => {
    id = await runtime.runPodSandbox(sandbox);
    await runtime.startContainer(await runtime.createContainer(id, container(options.image), sandbox));
  });
  await runtime.stopPodSandbox(id);
  await runtime.removePodSandbox(id);
  return durationMs;
}

function container(image: string): ContainerConfig {
  return {
    metadata: { name: "web", attempt: 0 },
    image: { image },
    command: [],
    args: [],
    workingDir: "",
    envs: [],
    mounts: [],
    labels: {},
    annotations: {},
    logPath: "web.log",
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: {
      resources: {},
      securityContext: { privileged: false, namespaceOptions: NAMESPACES, readonlyRootfs: false, noNewPrivs: false },
    },
  };
}
