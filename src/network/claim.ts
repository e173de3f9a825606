import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { overlaps, parseCidr } from "./cidr.ts";

/** Addresses that no other Wherry of this machine uses meanwhile. */
export interface Claim {
  release(): Promise<void>;
}

export interface ClaimedRanges {
  /** Of the cluster, so that it is told from others that give Services the same addresses. */
  readonly id: string;
  /** Addresses of all pods: no other cluster of the machine may have any of them. */
  readonly pods: string;
  /** Addresses of Services: each cluster has its own, and other clusters may have the same, but not for pods. */
  readonly services: string;
}

/** Another cluster of this machine has some of the addresses. */
export interface Collision {
  readonly own: "pods" | "services";
  readonly others: "pods" | "services";
  /** The other's block. */
  readonly cidr: string;
}

const PODS = "wherry-pods-";
const SERVICES = "wherry-services-";

/**
 * Takes a cluster's addresses for this process, before any bridge shows that they are taken: two clusters may start at the same
 * moment. The claim is abstract sockets of the machine's network namespace, so it ends with the process at the latest and leaves
 * nothing; their names say the addresses.
 */
export async function claimRanges(ranges: ClaimedRanges): Promise<Claim | Collision> {
  if (process.platform !== "linux") return { release: async () => {} };
  const { id, pods, services } = ranges;
  const samePods: Collision = { own: "pods", others: "pods", cidr: pods };
  const podsSocket = await bindName(`${PODS}${pods}`);
  if (podsSocket === undefined) return samePods;
  const servicesSocket = await bindName(`${SERVICES}${services}-${id}`);
  const release = async () => void (await Promise.all([podsSocket(), servicesSocket?.()]));
  // Taken before others are looked at: of two that collide at least one sees the other.
  const collision = servicesSocket === undefined ? samePods : findCollision(await socketNames(), ranges);
  if (collision === undefined) return { release };
  await release();
  return collision;
}

export function isCollision(claim: Claim | Collision): claim is Collision {
  return "cidr" in claim;
}

/** Pure part of claimRanges. @param names of abstract sockets, one's own among them */
export function findCollision(names: readonly string[], { id, pods, services }: ClaimedRanges): Collision | undefined {
  const claimed = names.flatMap((name): { others: Collision["others"]; cidr: string }[] => {
    const [, kind, cidr, owner] = /^wherry-(pods|services)-([\d.]+\/\d+)(?:-(.+))?$/.exec(name) ?? [];
    const isOwn = kind === "pods" ? cidr === pods : owner === id;
    return cidr === undefined || isOwn ? [] : [{ others: kind as Collision["others"], cidr }];
  });
  for (const own of ["pods", "services"] as const) {
    const block = parseCidr(own === "pods" ? pods : services);
    const found = claimed.find(
      ({ others, cidr }) => !(own === "services" && others === "services") && overlaps(parseCidr(cidr), block),
    );
    if (found !== undefined) return { own, ...found };
  }
  return undefined;
}

/** How to let go of the name; undefined when another process has it. */
async function bindName(name: string): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy());
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen({ path: `\0${name}` }, () => resolve(true));
  });
  if (!isOurs) return undefined;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** Names of the abstract sockets of this network namespace. */
async function socketNames(): Promise<string[]> {
  const text = await readFile("/proc/net/unix", "utf8").catch(() => "");
  return [...text.matchAll(/ @(wherry-\S+)$/gm)].map((match) => match[1]!.replace(/@+$/, ""));
}
