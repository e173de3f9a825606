import assert from "node:assert/strict";
import { type Dirent, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { clusterId } from "../../src/kubelet/cri/containerd/paths.ts";
import { eventually } from "./eventually.ts";
import { run } from "./run.ts";

/** What a cluster could leave on a machine; each a list of things with names that tell where to look. */
export interface Machine {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly networkNamespaces: readonly string[];
  readonly interfaces: readonly string[];
  readonly nftTables: readonly string[];
  readonly routes: readonly string[];
  readonly cgroups: readonly string[];
  readonly files: readonly string[];
  readonly sockets: readonly string[];
}

/** Programs that serve containers, whoever started them. */
const CONTAINER_PROGRAMS = /^(containerd|containerd-shim\S*|runc|conntrack)$/;
/** Places at which container software keeps its things. */
const PLACES = ["/run/wherry", "/run/containerd", "/run/runc", "/run/netns", "/var/lib/cni", "/var/lib/kubelet"];
const LOG_PLACES = ["/var/log/pods", "/var/log/containers", "/etc/cni/net.d"];
const DEPTH = 4;
const SETTLE_MS = 3000;

export async function lookAtMachine(): Promise<Machine> {
  return {
    processes: processes(),
    mounts: mounts(),
    networkNamespaces: names("/run/netns"),
    interfaces: names("/sys/class/net"),
    nftTables: lines((await run("nft", ["list", "tables"])).stdout),
    routes: lines((await run("ip", ["route", "show", "table", "all"])).stdout),
    cgroups: directoriesBelow("/sys/fs/cgroup").filter((path) => /kubepods|wherry|containerd|[0-9a-f]{64}/.test(path)),
    files: [...PLACES, ...LOG_PLACES].flatMap((place) => treeBelow(place, DEPTH)),
    sockets: unixSockets().filter((path) => /wherry|containerd|kubelet/.test(path)),
  };
}

/**
 * Fails when the machine has something that it had not before. What the kernel removes a moment later may take that moment.
 * While other clusters run on the machine, only what names this one is known to be its own; alone, everything counts.
 */
export async function assertNothingLeft(before: Machine, { dataDirectory }: { dataDirectory: string }): Promise<void> {
  const names = [dataDirectory, clusterId(dataDirectory)];
  let left: Record<string, string[]> = {};
  const look = async (): Promise<boolean> => {
    const after = await lookAtMachine();
    const isAlone = [before, after].every(({ processes }) => processes.every((each) => isNamed(each, names)));
    left = added(before, after, (each) => isAlone || isNamed(each, names));
    return Object.keys(left).length === 0;
  };
  await eventually("nothing is left", look, { timeoutMs: SETTLE_MS }).catch(() => assert.deepEqual(left, {}));
}

function isNamed(text: string, names: readonly string[]): boolean {
  return names.some((name) => text.includes(name));
}

function added(before: Machine, after: Machine, counts: (each: string) => boolean): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const [key, list] of Object.entries(after) as [keyof Machine, readonly string[]][]) {
    const known = new Set(before[key]);
    const fresh = list.filter((each) => !known.has(each) && counts(each));
    if (fresh.length > 0) result[key] = fresh;
  }
  return result;
}

/** Container software, what runs inside containers (it has its own process namespace), and programs of ours. */
function processes(): string[] {
  const own = namespace("self");
  return names("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    const words = read(`/proc/${pid}/cmdline`).split("\0");
    if (words[0] === "") return [];
    const program = words[0]!.slice(words[0]!.lastIndexOf("/") + 1);
    const foreign = namespace(pid);
    const isInside = foreign !== undefined && foreign !== own;
    const isOurs = words.some((word) => word.endsWith("src/main.ts"));
    return isInside || isOurs || CONTAINER_PROGRAMS.test(program)
      ? [`${pid} ${words.join(" ").trim()} ${cgroup(pid)}`]
      : [];
  });
}

function cgroup(pid: string): string {
  return read(`/proc/${pid}/cgroup`).match(/\/wherry\S*/)?.[0] ?? "";
}

function namespace(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function mounts(): string[] {
  return lines(read("/proc/self/mountinfo")).map((line) => line.split(" ")[4]!);
}

function unixSockets(): string[] {
  return lines(read("/proc/net/unix")).flatMap((line) => line.match(/\s(\/\S+)$/)?.[1] ?? []);
}

function directoriesBelow(root: string): string[] {
  return entries(root).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    const path = join(root, entry.name);
    return [path, ...directoriesBelow(path)];
  });
}

function treeBelow(root: string, depth: number): string[] {
  return entries(root).flatMap((entry) => {
    const path = join(root, entry.name);
    return [path, ...(entry.isDirectory() && depth > 1 ? treeBelow(path, depth - 1) : [])];
  });
}

function names(directory: string): string[] {
  return entries(directory).map((entry) => entry.name);
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
