import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerConfig, Mount, PodSandboxConfig } from "../../src/kubelet/cri/config.ts";
import type { RuntimeService } from "../../src/kubelet/cri/runtime.ts";
import { removeCgroups } from "../../src/kubelet/host/cgroups.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../../src/kubelet/pods/security.ts";
import { timed } from "./timed.ts";

const NAMESPACES = { network: "POD", pid: "CONTAINER", ipc: "POD" } as const;
const CGROUP = "/wherry-bench";

/**
 * What the runtime alone takes to make one sandbox and run one container in it, in ms; both are removed again. The runtime is
 * asked for what a kubelet asks of it for the plainest pod: resolv.conf, hosts, termination log, the token's directory, masked
 * paths, shares and the sandbox's seccomp profile, so that the two do the same work.
 */
export async function runThroughCri(
  runtime: RuntimeService,
  options: { readonly image: string; readonly number: number; readonly directory: string },
): Promise<number> {
  const name = `bench-${options.number}`;
  const sandbox: PodSandboxConfig = {
    metadata: { name, namespace: "bench", uid: name, attempt: 0 },
    hostname: name,
    logDirectory: join(options.directory, "logs"),
    dnsConfig: { servers: ["10.96.0.10"], searches: ["default.svc.cluster.local"], options: ["ndots:5"] },
    labels: { "wherry.local/bench": "cri" },
    annotations: {},
    linux: {
      cgroupParent: `${CGROUP}/${name}`,
      securityContext: {
        namespaceOptions: NAMESPACES,
        privileged: false,
        seccomp: { profileType: "RuntimeDefault" },
      },
    },
  };
  const mounts = await hostFiles(join(options.directory, name));
  let id = "";
  const { durationMs } = await timed(async () => {
    id = await runtime.runPodSandbox(sandbox);
    await runtime.startContainer(await runtime.createContainer(id, container(options.image, mounts), sandbox));
  });
  await runtime.stopPodSandbox(id);
  await runtime.removePodSandbox(id);
  await removeCgroups(CGROUP);
  return durationMs;
}

/** The files that a kubelet mounts into every container. */
async function hostFiles(directory: string): Promise<Mount[]> {
  const token = join(directory, "token");
  await mkdir(token, { recursive: true });
  for (const file of ["hosts", "termination-log", "token/token"]) await writeFile(join(directory, file), "");
  return [
    { containerPath: "/etc/hosts", hostPath: join(directory, "hosts"), readonly: false },
    { containerPath: "/dev/termination-log", hostPath: join(directory, "termination-log"), readonly: false },
    { containerPath: "/var/run/secrets/kubernetes.io/serviceaccount", hostPath: token, readonly: true },
  ];
}

function container(image: string, mounts: readonly Mount[]): ContainerConfig {
  return {
    metadata: { name: "web", attempt: 0 },
    image: { image },
    command: [],
    args: [],
    workingDir: "",
    envs: [],
    mounts,
    labels: {},
    annotations: {},
    logPath: "web.log",
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: {
      resources: { cpuShares: 2 },
      securityContext: {
        privileged: false,
        namespaceOptions: NAMESPACES,
        readonlyRootfs: false,
        noNewPrivs: false,
        maskedPaths: MASKED_PATHS,
        readonlyPaths: READONLY_PATHS,
      },
    },
  };
}
