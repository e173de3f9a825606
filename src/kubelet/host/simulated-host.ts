import { noLogFiles } from "../logs/log-files.ts";
import { noFiles } from "../volumes/no-files.ts";
import type { HostFacts, KubeletHost } from "./host.ts";
import { noCgroups } from "./no-cgroups.ts";

const GIB = 1024 ** 3;

/** A machine that is only told about: nothing is written, nothing is ever scarce. */
export function createSimulatedHost(told: Partial<HostFacts> = {}): KubeletHost {
  const facts: HostFacts = {
    cpus: 4,
    memoryBytes: 16 * GIB,
    ephemeralStorageBytes: 100 * GIB,
    machineId: "00000000000000000000000000000001",
    systemUuid: "00000000-0000-0000-0000-000000000001",
    bootId: "00000000-0000-0000-0000-000000000002",
    kernelVersion: "0.0.0-simulated",
    osImage: "simulated",
    operatingSystem: "linux",
    architecture: "amd64",
    ...told,
  };
  return {
    files: noFiles,
    logs: noLogFiles,
    cgroups: noCgroups,
    facts: async () => facts,
    usage: async () => ({
      memoryAvailableBytes: facts.memoryBytes,
      processes: 1,
      maxProcesses: 4_194_304,
    }),
    isNeverScarce: true,
    filesystem: async () => ({
      device: "simulated",
      totalBytes: facts.ephemeralStorageBytes,
      availableBytes: facts.ephemeralStorageBytes,
      inodes: 1_000_000,
      inodesFree: 1_000_000,
    }),
    diskUsage: async () => 0,
    dnsConfig: async () => ({ servers: [], searches: [], options: [] }),
    hostsFile: async () => "127.0.0.1\tlocalhost\n",
    prepare: async () => {},
    release: async () => {},
  };
}
