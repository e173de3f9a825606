import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The pod network of one node, as the CNI plugins bridge and host-local make it. */
export interface CniNetwork {
  /** Unique on the machine: host-local keeps addresses by it. */
  readonly name: string;
  /** Name of the bridge device, at most 15 characters, unique on the machine. */
  readonly bridge: string;
  /** Addresses for pods of this node, e.g. `10.244.0.0/24`; the first one goes to the bridge. A second family may follow. */
  readonly podCidrs: readonly string[];
  /** Where host-local keeps which address is whose. */
  readonly addressDirectory: string;
  readonly mtu?: number;
}

/**
 * The network's configuration list (CNI spec 1.0). No masquerade and no port mappings here: the plugins would need
 * iptables and 30-100 ms a pod for what the proxy's nftables rules do for all pods at once. Hairpin is on, so that a pod
 * reaches itself through its service.
 */
function cniConflist(network: CniNetwork): string {
  const bridge = {
    type: "bridge",
    bridge: network.bridge,
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ...(network.mtu !== undefined && { mtu: network.mtu }),
    ipam: {
      type: "host-local",
      dataDir: network.addressDirectory,
      ranges: network.podCidrs.map((subnet) => [{ subnet }]),
      routes: network.podCidrs.map((subnet) => ({ dst: subnet.includes(":") ? "::/0" : "0.0.0.0/0" })),
    },
  };
  return `${JSON.stringify({ cniVersion: "1.0.0", name: network.name, plugins: [bridge] }, null, 2)}\n`;
}

const FILE_NAME = "10-wherry.conflist";

/** Puts the configuration where the runtime looks; answers whether that changed anything. The runtime sees it by itself. */
export async function writeCniConfig(configDirectory: string, network: CniNetwork): Promise<boolean> {
  await mkdir(configDirectory, { recursive: true });
  const path = join(configDirectory, FILE_NAME);
  const wanted = cniConflist(network);
  if ((await readFile(path, "utf8").catch(() => "")) === wanted) return false;
  // The runtime reads the directory whenever something in it changes: it must never see half a file.
  await writeFile(`${path}.tmp`, wanted);
  await rename(`${path}.tmp`, path);
  return true;
}

/** Takes the configuration away again. Idempotent. */
export async function removeCniConfig(configDirectory: string): Promise<void> {
  await rm(join(configDirectory, FILE_NAME), { force: true });
}

/** Whether a directory holds no CNI configuration but that of the network `name`. */
export async function isFreeForNetwork(configDirectory: string, name: string): Promise<boolean> {
  const fileNames = await readdir(configDirectory).catch((): string[] => []);
  for (const fileName of fileNames.filter((each) => /\.(conf|conflist|json)$/.test(each))) {
    if (fileName !== FILE_NAME) return false;
    const text = await readFile(join(configDirectory, fileName), "utf8").catch(() => "{}");
    if (!text.includes(JSON.stringify(name))) return false;
  }
  return true;
}
