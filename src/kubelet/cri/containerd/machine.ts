import { access, constants, mkdir, readFile, rm, stat, statfs } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runCommand } from "../../../base/run-command.ts";
import { OCI_RUNTIMES, type OciRuntime } from "./oci-runtimes.ts";

/** What containers need of this machine, found out before anything starts. */
export interface Machine {
  readonly cgroups: "v1" | "v2" | "hybrid" | "none";
  /** Without CAP_SYS_RESOURCE no process may get a lower oom score than it has. */
  readonly mayLowerOomScore: boolean;
  readonly snapshotter: "overlayfs" | "native";
  /** Directory with the CNI plugins; undefined when none has all that are needed. */
  readonly cniBinDirectory: string | undefined;
  /** Paths of programs by name; those that are missing are absent. */
  readonly programs: Readonly<Record<string, string>>;
  /** Other ways to run containers than runc, with the paths of their programs. */
  readonly ociRuntimes: readonly (OciRuntime & { readonly path: string })[];
  readonly problems: readonly MachineProblem[];
}

export interface MachineProblem {
  /** Nothing can run while it lasts. */
  readonly fatal: boolean;
  /** What is wrong and what to do, in one sentence. */
  readonly message: string;
}

const PROGRAMS = {
  containerd: "containerd",
  "containerd-shim-runc-v2": "containerd",
  ctr: "containerd",
  runc: "runc",
} as const;
const CNI_PLUGINS = ["bridge", "host-local", "loopback"];
const CNI_DIRECTORIES = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];
const CGROUP2_MAGIC = 0x63677270;
const CAP_SYS_RESOURCE = 24n;

/** Looks at the machine. `scratchDirectory` is on the disk that images will be on. */
export async function inspectMachine(scratchDirectory: string): Promise<Machine> {
  const [cgroups, mayLowerOomScore, overlay, cniBinDirectory, programs, bridgeFilter, ociRuntimes] = await Promise.all([
    cgroupVersion(),
    hasCapability(CAP_SYS_RESOURCE),
    overlayWorks(scratchDirectory),
    findCniPlugins(),
    findPrograms(),
    exists("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    findOciRuntimes(),
  ]);
  const problems: MachineProblem[] = [];
  const fatal = (message: string) => problems.push({ fatal: true, message });
  const warn = (message: string) => problems.push({ fatal: false, message });
  if (process.getuid?.() !== 0) fatal("containers need root: run as root, or use the simulated runtime");
  for (const [program, packageName] of Object.entries(PROGRAMS)) {
    if (programs[program] === undefined)
      fatal(`${program} is not in PATH: install it (Debian: apt-get install ${packageName})`);
  }
  if (cniBinDirectory === undefined) {
    fatal(
      `the CNI plugins ${CNI_PLUGINS.join(", ")} are in none of ${CNI_DIRECTORIES.join(", ")}: install them (Debian: apt-get install containernetworking-plugins)`,
    );
  }
  if (cgroups === "none") fatal("no cgroup hierarchy is mounted at /sys/fs/cgroup: mount cgroup2 there");
  if (!overlay)
    warn("overlayfs cannot be mounted on the data directory's disk: images are copied, which is slow and takes space");
  if (!mayLowerOomScore)
    warn(
      "CAP_SYS_RESOURCE is missing: containers keep this process's oom score where Kubernetes would give a lower one",
    );
  if (!bridgeFilter)
    warn(
      "the kernel module br_netfilter is not loaded: pods on this node cannot reach services (modprobe br_netfilter)",
    );
  return {
    cgroups,
    mayLowerOomScore,
    snapshotter: overlay ? "overlayfs" : "native",
    cniBinDirectory,
    programs,
    ociRuntimes,
    problems,
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function cgroupVersion(): Promise<Machine["cgroups"]> {
  try {
    if ((await statfs("/sys/fs/cgroup")).type === CGROUP2_MAGIC) return "v2";
    if (!(await exists("/sys/fs/cgroup/memory"))) return "none";
    return (await exists("/sys/fs/cgroup/unified")) ? "hybrid" : "v1";
  } catch {
    return "none";
  }
}

async function hasCapability(capability: bigint): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}

/** Tries it: which file systems can lie under an overlay is written nowhere. */
async function overlayWorks(scratchDirectory: string): Promise<boolean> {
  const directory = join(scratchDirectory, `overlay-check-${process.pid}`);
  const part = (name: string) => join(directory, name);
  try {
    for (const name of ["lower", "upper", "work", "merged"]) await mkdir(part(name), { recursive: true });
    const options = `lowerdir=${part("lower")},upperdir=${part("upper")},workdir=${part("work")}`;
    const mounted = await runCommand("mount", ["-t", "overlay", "overlay", "-o", options, part("merged")]);
    if (mounted.code !== 0) return false;
    return (await runCommand("umount", [part("merged")])).code === 0;
  } catch {
    return false;
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}

async function findCniPlugins(): Promise<string | undefined> {
  for (const directory of CNI_DIRECTORIES) {
    const found = await Promise.all(CNI_PLUGINS.map((plugin) => isExecutable(join(directory, plugin))));
    if (found.every(Boolean)) return directory;
  }
  return undefined;
}

async function findPrograms(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const program of Object.keys(PROGRAMS)) {
    const path = await findProgram(program);
    if (path !== undefined) found[program] = path;
  }
  return found;
}

async function findOciRuntimes(): Promise<Machine["ociRuntimes"]> {
  const found = await Promise.all(
    OCI_RUNTIMES.map(async (runtime) => ({ ...runtime, path: await findProgram(runtime.program) })),
  );
  return found.flatMap(({ path, ...runtime }) => (path === undefined ? [] : [{ ...runtime, path }]));
}

async function findProgram(program: string): Promise<string | undefined> {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/bin", "/usr/sbin", "/usr/bin"];
  for (const directory of directories) {
    const path = join(directory, program);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
