import { readFileSync } from "node:fs";
import { readFile, stat, statfs } from "node:fs/promises";
import { arch, cpus, release } from "node:os";
import { errorMessage } from "../../base/assert.ts";
import type { Logger } from "../../base/log.ts";
import { runCommand } from "../../base/run-command.ts";
import { hostLogFiles } from "../logs/host-log-files.ts";
import { parseResolvConf } from "../pods/dns.ts";
import { kubeletPaths, podsDirectory } from "../pods/paths.ts";
import { hostFiles } from "../volumes/host-files.ts";
import type { FilesystemFacts, HostFacts, HostUsage, KubeletHost } from "./host.ts";
import { createPodCgroups } from "./linux-cgroups.ts";
import { isMounted, mount, unmountBelow } from "./mounts.ts";

export interface LinuxHostOptions {
  readonly dataDirectory: string;
  /** Cgroup that pods' cgroups lie below, e.g. `/wherry-1234`. */
  readonly cgroupRoot: string;
  readonly log: Logger;
}

const RESOLV_CONF = "/etc/resolv.conf";
/** Where systemd-resolved lists the servers behind its stub. */
const RESOLVED_CONF = "/run/systemd/resolve/resolv.conf";

/** This machine. */
export function createLinuxHost({ dataDirectory, cgroupRoot, log }: LinuxHostOptions): KubeletHost {
  const paths = kubeletPaths(dataDirectory);
  return {
    files: hostFiles,
    logs: hostLogFiles,
    systemLogDirectory: "/var/log",
    cgroups: createPodCgroups(cgroupRoot, log),
    facts: () => facts(paths.root),
    usage,
    filesystem,
    diskUsage,
    dnsConfig,
    hostsFile: () => text("/etc/hosts"),
    async prepare() {
      for (const directory of [podsDirectory(paths), paths.logs, paths.memory]) {
        await hostFiles.makeDirectory(directory, { mode: 0o755 });
      }
      if (await isMounted(paths.memory)) return;
      await mount(["-t", "tmpfs", "-o", "mode=0755", "tmpfs", paths.memory]).catch((error) =>
        log.warn("secrets of pods lie on the disk, for no tmpfs can be mounted", { error: errorMessage(error) }),
      );
    },
    release: () => unmountBelow(paths.root),
  };
}

async function text(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).trim();
}

function textNow(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** Reads at once: every pod waits for it, and the way to another thread takes longer than two small files. */
async function dnsConfig() {
  const config = parseResolvConf(textNow(RESOLV_CONF));
  const isStub = config.servers.length > 0 && config.servers.every((server) => /^127\.|^::1$/.test(server));
  if (!isStub) return config;
  // Nobody answers at the stub's loopback address inside a pod.
  const resolved = parseResolvConf(textNow(RESOLVED_CONF));
  return resolved.servers.length > 0 ? resolved : config;
}

async function facts(root: string): Promise<HostFacts> {
  const [memory, machineId, systemUuid, bootId, osRelease, disk] = await Promise.all([
    memoryInfo(),
    text("/etc/machine-id"),
    text("/sys/class/dmi/id/product_uuid"),
    text("/proc/sys/kernel/random/boot_id"),
    text("/etc/os-release"),
    statfs(root),
  ]);
  return {
    cpus: cpus().length,
    memoryBytes: memory("MemTotal"),
    ephemeralStorageBytes: disk.blocks * disk.bsize,
    machineId,
    systemUuid: systemUuid || machineId,
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? "Linux",
    operatingSystem: "linux",
    architecture: goArchitecture(arch()),
    appArmor: await enforcesAppArmor(),
  };
}

async function memoryInfo(): Promise<(name: string) => number> {
  const info = await text("/proc/meminfo");
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(info)?.[1] ?? 0) * 1024;
}

async function usage(): Promise<HostUsage> {
  const [memory, load, maxProcesses] = await Promise.all([
    memoryInfo(),
    text("/proc/loadavg"),
    text("/proc/sys/kernel/pid_max"),
  ]);
  return {
    memoryAvailableBytes: memory("MemAvailable"),
    processes: Number(/\/(\d+) /.exec(load)?.[1] ?? 0),
    maxProcesses: Number(maxProcesses) || 4_194_304,
  };
}

async function filesystem(path: string): Promise<FilesystemFacts | undefined> {
  try {
    const [{ dev }, disk] = await Promise.all([stat(path), statfs(path)]);
    return {
      device: String(dev),
      totalBytes: disk.blocks * disk.bsize,
      availableBytes: disk.bavail * disk.bsize,
      inodes: disk.files,
      inodesFree: disk.ffree,
    };
  } catch {
    return undefined;
  }
}

/** By du(1), in a process of its own: a directory may have any number of files. */
async function diskUsage(path: string): Promise<number> {
  const { stdout } = await runCommand("du", ["-s", "-x", "-B1", "--", path]);
  return Number(/^(\d+)\s/.exec(stdout)?.[1] ?? 0);
}

/** As libcontainer finds it out, by which runc applies profiles. */
async function enforcesAppArmor(): Promise<boolean> {
  const isThere = await stat("/sys/kernel/security/apparmor").catch(() => undefined);
  return isThere !== undefined && (await text("/sys/module/apparmor/parameters/enabled")).startsWith("Y");
}

function goArchitecture(name: string): string {
  return name === "x64" ? "amd64" : name;
}
