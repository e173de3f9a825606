import type { Machine } from "./machine.ts";

export interface PrivateContainerdPaths {
  /** Images, snapshots and metadata: on the data directory's disk. */
  readonly root: string;
  /** Sockets and what runs: under a short path, since the address of a unix socket has at most 107 bytes. */
  readonly run: string;
  readonly state: string;
  readonly socket: string;
  readonly config: string;
  readonly log: string;
  readonly pidFile: string;
  readonly cniConfig: string;
  /** One directory a registry host, with a hosts.toml, as containerd documents it. */
  readonly registries: string;
}

/** Plugins that the kubelet never uses; each costs start time, and some log errors on machines without their devices. */
const DISABLED_PLUGINS = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
];

/** The configuration file of a private containerd (version 2 of the format, which 1.6 to 2.x read). */
export function containerdConfig(options: {
  paths: PrivateContainerdPaths;
  machine: Pick<Machine, "mayLowerOomScore" | "snapshotter" | "cniBinDirectory" | "ociRuntimes">;
  sandboxImage: string;
}): string {
  const { paths, machine, sandboxImage } = options;
  const text = (value: string) => JSON.stringify(value);
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const ociRuntime = ({ handler, type, path, isCalledByRuncShim }: Machine["ociRuntimes"][number]) => `
[${cri}.containerd.runtimes.${handler}]
  runtime_type = ${text(type)}
${
  isCalledByRuncShim
    ? `
[${cri}.containerd.runtimes.${handler}.options]
  BinaryName = ${text(path)}
  SystemdCgroup = false
  Root = ${text(`${paths.run}/${handler}`)}
`
    : ""
}`;
  return `version = 2
root = ${text(paths.root)}
state = ${text(paths.state)}
disabled_plugins = [${DISABLED_PLUGINS.map(text).join(", ")}]

[grpc]
  address = ${text(paths.socket)}

[debug]
  level = "warn"

[${cri}]
  sandbox_image = ${text(sandboxImage)}
  restrict_oom_score_adj = ${!machine.mayLowerOomScore}
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

[${cri}.containerd]
  snapshotter = ${text(machine.snapshotter)}
  default_runtime_name = "runc"

[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
  Root = ${text(`${paths.run}/runc`)}
${machine.ociRuntimes.map(ociRuntime).join("")}
[${cri}.cni]
  bin_dir = ${text(machine.cniBinDirectory ?? "/opt/cni/bin")}
  conf_dir = ${text(paths.cniConfig)}

[${cri}.registry]
  config_path = ${text(paths.registries)}
`;
}
