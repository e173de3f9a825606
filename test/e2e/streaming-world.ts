import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodes, pods } from "../../src/api/generated/resources.ts";
import { connectSubresources } from "../../src/apiserver/connect/connect.ts";
import { discoveryPaths } from "../../src/apiserver/discovery/paths.ts";
import { versionPath } from "../../src/apiserver/handlers/version.ts";
import { createEdge } from "../../src/apiserver/http/edge.ts";
import { openapiPaths } from "../../src/apiserver/openapi/handler.ts";
import { startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createTestAuthority } from "../../src/base/testing/certificates.ts";
import { ensureContainerd } from "../../src/kubelet/cri/containerd/ensure.ts";
import { ociImageTar } from "../../src/kubelet/cri/image/oci-layout.ts";
import { imageArchitecture } from "../../src/kubelet/cri/pause/program.ts";
import type { RuntimeService } from "../../src/kubelet/cri/runtime.ts";
import type { KubeletApi } from "../../src/kubelet/server/kubelet-api.ts";
import { startKubeletServer } from "../../src/kubelet/server/server.ts";

/** The real way of a stream without the rest of a cluster: API server, node's server, containerd, one container. */
export interface StreamingWorld {
  readonly kubeconfig: string;
  readonly directory: string;
  close(): Promise<void>;
}

const IMAGE = "example.test/tools:1";
const TOOLS = [
  "sh",
  "cat",
  "echo",
  "tar",
  "wc",
  "head",
  "httpd",
  "sleep",
  "stty",
  "tr",
  "rm",
  "mkdir",
  "ls",
  "date",
  "nc",
];
/** Speaks once a second, answers HTTP, and repeats what it is told on its standard input. */
const PROGRAM = `mkdir /www && echo page > /www/index.html && httpd -p 8080 -h /www
echo started; (n=0; while true; do n=$((n+1)); echo tick $n; sleep 1; done) & while read line; do echo "heard $line"; done; sleep 3600`;

export async function startStreamingWorld(): Promise<StreamingWorld> {
  const directory = await mkdtemp(join(tmpdir(), "wherry-streaming-"));
  const closers: (() => Promise<unknown> | unknown)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const containerd = await ensureContainerd({
      dataDirectory: directory,
      clock: systemClock,
      log: silentLogger,
      podCidrs: ["10.249.0.0/24"],
      useSystem: false,
    });
    closers.push(() => containerd.stop());
    await containerd.importImage(await image(), IMAGE);
    const container = await startContainer(containerd.runtime.runtime, directory, containerd.cgroupRoot);
    const kubeconfig = await startServers(containerd.runtime.runtime, { ...container, directory, closers });
    return { kubeconfig, directory, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function image(): Promise<Buffer> {
  const busybox = await readFile("/usr/bin/busybox");
  const links = TOOLS.map((name) => ({ name: `bin/${name}`, linkTarget: "busybox" }));
  const files = [
    { name: "bin/" },
    { name: "tmp/", mode: 0o1777 },
    { name: "bin/busybox", mode: 0o755, content: busybox },
  ];
  const architecture = imageArchitecture(process.arch) ?? "amd64";
  return ociImageTar({ reference: IMAGE, architecture, layers: [[...files, ...links]], config: { Cmd: ["sh"] } });
}

interface Started {
  readonly sandboxId: string;
  readonly containerId: string;
  readonly podIP: string;
  readonly logPath: string;
}

async function startContainer(runtime: RuntimeService, directory: string, cgroupParent: string): Promise<Started> {
  const namespaceOptions = { network: "POD", pid: "CONTAINER", ipc: "POD" } as const;
  const sandbox = {
    metadata: { name: "web", namespace: "default", uid: "uid-1", attempt: 0 },
    hostname: "web",
    logDirectory: join(directory, "logs"),
    labels: {},
    annotations: {},
    linux: { cgroupParent, securityContext: { namespaceOptions, privileged: false } },
  };
  const sandboxId = await runtime.runPodSandbox(sandbox);
  const config = {
    metadata: { name: "web", attempt: 0 },
    image: { image: IMAGE },
    command: ["sh", "-c", PROGRAM],
    args: [],
    workingDir: "",
    envs: [],
    mounts: [],
    labels: {},
    annotations: {},
    logPath: "web/0.log",
    stdin: true,
    stdinOnce: false,
    tty: false,
    linux: {
      resources: {},
      securityContext: { privileged: false, namespaceOptions, readonlyRootfs: false, noNewPrivs: false },
    },
  };
  const containerId = await runtime.createContainer(sandboxId, config, sandbox);
  await runtime.startContainer(containerId);
  const { ips } = await runtime.podSandboxStatus(sandboxId);
  return { sandboxId, containerId, podIP: ips[0] ?? "", logPath: join(directory, "logs/web/0.log") };
}

async function startServers(
  runtime: RuntimeService,
  world: Started & { directory: string; closers: (() => Promise<unknown> | unknown)[] },
): Promise<string> {
  const authority = createTestAuthority();
  const serving = authority.issue("server");
  const tls = { key: serving.key, cert: serving.cert, clientCa: authority.ca };
  const own = authority.issue("kube-apiserver-kubelet-client", "system:masters");
  const memory = await startMemoryServer({
    security: { clientAuthority: () => authority.ca },
    subresources: connectSubresources({
      tls: () => ({ ...own, ca: authority.ca }),
      reader: () => memory.server.reader,
      random: systemRandom,
      log: silentLogger,
    }),
    paths: (table, served) => [versionPath(), discoveryPaths(table, served), openapiPaths(table, served)],
  });
  world.closers.push(() => memory.close());
  const edge = createEdge({ handler: memory.server.handler, tls, clock: systemClock, log: silentLogger });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  world.closers.push(() => edge.close());
  const kubelet = await startKubeletServer({
    kubelet: () => kubeletOver(runtime, world),
    nodeName: "n",
    client: memory.client,
    tls,
    host: "127.0.0.1",
    ports: [0],
    clock: systemClock,
    log: silentLogger,
  });
  world.closers.push(() => kubelet.close());
  const node = await memory.client.create(nodes, { metadata: { name: "n" } });
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  };
  await memory.client.update(nodes, { ...node, status }, { subresource: "status" });
  const pod = await memory.client.create(pods, {
    metadata: { name: "web", namespace: "default" },
    spec: { nodeName: "n", containers: [{ name: "web", image: IMAGE, stdin: true, ports: [{ containerPort: 8080 }] }] },
  } as object);
  const running = { phase: "Running", podIP: world.podIP, podIPs: [{ ip: world.podIP }], containerStatuses: [] };
  await memory.client.update(pods, { ...pod, status: running }, { subresource: "status" });
  const admin = authority.issue("admin", "system:masters");
  const kubeconfig = join(world.directory, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(port, authority.ca, admin)));
  return kubeconfig;
}

function kubeletOver(runtime: RuntimeService, world: Started): KubeletApi {
  const { containerId } = world;
  return {
    nodeName: "n",
    pods: () => [],
    health: () => [],
    exec: (_target, command, streams) => runtime.exec({ containerId, command, ...streams }),
    attach: (_target, streams) => runtime.attach({ containerId, ...streams }),
    portForward: (_pod, ports) => runtime.portForward(world.sandboxId, ports),
    run: (_target, command, timeoutSeconds) => runtime.execSync(containerId, command, timeoutSeconds),
    log: async () => ({ path: world.logPath, containerId, running: true, exited: new Promise(() => {}) }),
    containerStats: () => runtime.listContainerStats(),
    imageFilesystems: async () => [],
  };
}

function kubeconfigOf(port: number, ca: string, user: { key: string; cert: string }): object {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [
      { name: "test", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": base64(ca) } },
    ],
    users: [
      { name: "test", user: { "client-certificate-data": base64(user.cert), "client-key-data": base64(user.key) } },
    ],
  };
}
