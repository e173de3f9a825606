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
    appArmor: true,
    ...told,
  };
  return new SimulatedHost(facts);
}

/** A class, because thousands of nodes of one process have one each. */
class SimulatedHost implements KubeletHost {
  readonly #facts: HostFacts;

  constructor(facts: HostFacts) {
    this.#facts = facts;
  }

  get files(): KubeletHost["files"] {
    return noFiles;
  }

  get logs(): KubeletHost["logs"] {
    return noLogFiles;
  }

  get cgroups(): KubeletHost["cgroups"] {
    return noCgroups;
  }

  get isNeverScarce(): true {
    return true;
  }

  async facts(): Promise<HostFacts> {
    return this.#facts;
  }

  async usage() {
    return { memoryAvailableBytes: this.#facts.memoryBytes, processes: 1, maxProcesses: 4_194_304 };
  }

  async filesystem() {
    const bytes = this.#facts.ephemeralStorageBytes;
    return { device: "simulated", totalBytes: bytes, availableBytes: bytes, inodes: 1_000_000, inodesFree: 1_000_000 };
  }

  async diskUsage(): Promise<number> {
    return 0;
  }

  async dnsConfig() {
    return { servers: [], searches: [], options: [] };
  }

  async hostsFile(): Promise<string> {
    return "127.0.0.1\tlocalhost\n";
  }

  async prepare(): Promise<void> {}

  async release(): Promise<void> {}
}
