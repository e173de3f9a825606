import { readFile, writeFile } from "node:fs/promises";
import { errorMessage } from "../base/assert.ts";

/** The host's kernel settings, so that tests can give others. */
export interface KernelSettings {
  /** Value of e.g. `net/ipv4/ip_forward`; undefined when the kernel has no such setting. */
  read(name: string): Promise<string | undefined>;
  /** Rejects when it cannot be set. */
  write(name: string, value: string): Promise<void>;
}

export const hostKernelSettings: KernelSettings = {
  async read(name) {
    try {
      return (await readFile(`/proc/sys/${name}`, "utf8")).trim();
    } catch {
      return undefined;
    }
  },
  async write(name, value) {
    await writeFile(`/proc/sys/${name}`, value);
  },
};

export interface HostReport {
  /** Whether bridged traffic between pods passes the packet filter. */
  readonly bridgedTrafficIsSeen: boolean;
  /** What could not be set, and what does not work because of it. */
  readonly problems: readonly string[];
}

/** Settings that do not depend on an interface that may be missing still. */
const FORWARD = "net/ipv4/ip_forward";
const BRIDGE_CALL = "net/bridge/bridge-nf-call-iptables";

/** Sets what service traffic needs of the kernel, and says what is missing. */
export async function prepareKernel(settings: KernelSettings): Promise<HostReport> {
  const problems: string[] = [];
  const forward = await ensure(settings, FORWARD, "1");
  if (forward !== undefined) problems.push(`${forward}: pods cannot reach other machines or services`);
  // Without br_netfilter the setting does not exist; then masquerading takes its place and nothing is lost but the source.
  const bridge = await ensure(settings, BRIDGE_CALL, "1");
  return { bridgedTrafficIsSeen: bridge === undefined, problems };
}

/**
 * Lets connections from 127.0.0.1 leave through the pods' bridge, for node ports on localhost. It is set on that interface
 * alone, so that it ends with it. False when the interface is not there yet.
 */
export async function allowLocalnet(settings: KernelSettings, podInterface: string): Promise<boolean> {
  return (await ensure(settings, `net/ipv4/conf/${podInterface}/route_localnet`, "1")) === undefined;
}

async function ensure(settings: KernelSettings, name: string, value: string): Promise<string | undefined> {
  const current = await settings.read(name);
  if (current === value) return undefined;
  const label = name.replaceAll("/", ".");
  if (current === undefined) return `the kernel has no setting ${label}`;
  try {
    await settings.write(name, value);
    return undefined;
  } catch (error) {
    return `cannot set ${label}=${value} (${errorMessage(error)}); set it with: sysctl -w ${label}=${value}`;
  }
}
