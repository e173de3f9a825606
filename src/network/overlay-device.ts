import type { RunCommand } from "../base/run-command.ts";
import {
  type OverlayCommands,
  type OverlayPlan,
  overlayChanges,
  tunnelAddress,
  tunnelHardwareAddress,
} from "./overlay-plan.ts";

/** IANA's port for VXLAN. */
const PORT = 4789;
/** What VXLAN over IPv4 adds to a packet. */
const OVERHEAD_BYTES = 50;
const USUAL_MTU = 1500;

/** The VXLAN device of a cluster on this machine, by `ip` and `bridge`. */
export interface OverlayDevice {
  /** Makes the machine as planned; undefined: without overlay. Idempotent. Rejects with what stands in the way. */
  apply(plan: OverlayPlan | undefined): Promise<void>;
  /** Forgets what was applied when somebody changed it; the next apply heals it. Answers whether all is there. */
  verify(): Promise<boolean>;
}

/** @param onThere called when the device is there, before anything goes through it */
export function openOverlayDevice(
  device: string,
  run: RunCommand,
  onThere: (device: string) => Promise<void> = async () => {},
): OverlayDevice {
  let applied: Map<string, string> | undefined;
  let made: string | undefined;

  async function ip(...parameters: string[]): Promise<string> {
    const result = await run("ip", parameters);
    if (result.code !== 0) throw new Error(explain(device, result.stderr));
    return result.stdout;
  }

  async function routes(): Promise<string[]> {
    const result = await run("ip", ["-json", "route", "show", "dev", device]);
    if (result.code !== 0) return [];
    return parse<{ dst?: string; gateway?: string }>(result.stdout).flatMap(({ dst, gateway }) =>
      dst === undefined || gateway === undefined ? [] : [dst],
    );
  }

  /** Answers the peers that an earlier start left at a device that is still right. */
  async function ensureDevice(plan: OverlayPlan): Promise<Map<string, string>> {
    const wanted = identityOf(plan);
    if (made === wanted && applied !== undefined) return applied;
    const found = await run("ip", ["-json", "-details", "link", "show", "dev", device]);
    if (found.code === 0) {
      if (foundIdentity(found.stdout) === wanted) {
        await onThere(device);
        made = wanted;
        return new Map((await routes()).map((podCidr) => [podCidr, ""]));
      }
      await ip("link", "delete", "dev", device);
    }
    const mtu = (await underlayMtu(plan.localAddress)) - OVERHEAD_BYTES;
    await ip(
      ...["link", "add", device, "address", tunnelHardwareAddress(plan.podCidr), "mtu", String(mtu)],
      ...["type", "vxlan", "id", String(plan.networkId), "local", plan.localAddress],
      ...["dstport", String(PORT), "nolearning"],
    );
    await ip("addr", "replace", `${tunnelAddress(plan.podCidr)}/32`, "dev", device);
    await onThere(device);
    await ip("link", "set", device, "up");
    made = wanted;
    return new Map();
  }

  async function underlayMtu(address: string): Promise<number> {
    const result = await run("ip", ["-json", "addr", "show", "to", `${address}/32`]);
    if (result.code !== 0) return USUAL_MTU;
    return parse<{ mtu?: number }>(result.stdout).find(({ mtu }) => mtu !== undefined)?.mtu ?? USUAL_MTU;
  }

  async function batch({ ip: ips, bridge }: OverlayCommands, mayFail: boolean): Promise<void> {
    for (const [program, lines] of [
      ["ip", ips],
      ["bridge", bridge],
    ] as const) {
      if (lines.length === 0) continue;
      const result = await run(program, [...(mayFail ? ["-force"] : []), "-batch", "-"], {
        input: `${lines.join("\n")}\n`,
      });
      if (result.code !== 0 && !mayFail) throw new Error(explain(device, result.stderr));
    }
  }

  return {
    async apply(plan) {
      if (plan === undefined) {
        const found = made !== undefined || applied === undefined;
        if (found && (await run("ip", ["link", "show", "dev", device])).code === 0)
          await ip("link", "delete", "dev", device);
        made = undefined;
        applied = new Map();
        return;
      }
      const before = await ensureDevice(plan);
      // Until it is done nobody knows what is there.
      applied = undefined;
      const { remove, add } = overlayChanges(plan, { device, applied: before });
      await batch(remove, true);
      await batch(add, false);
      applied = new Map(plan.peers.map(({ podCidr, nodeAddress }) => [podCidr, nodeAddress]));
    },
    async verify() {
      if (made === undefined || applied === undefined) return true;
      const there = new Set(await routes());
      if ([...applied.keys()].every((podCidr) => there.has(podCidr))) return true;
      applied = undefined;
      return false;
    },
  };
}

function identityOf(plan: OverlayPlan): string {
  return [plan.networkId, plan.localAddress, PORT, tunnelHardwareAddress(plan.podCidr)].join(" ");
}

function foundIdentity(json: string): string {
  const [link] = parse<{
    address?: string;
    linkinfo?: { info_data?: { id?: number; local?: string; port?: number } };
  }>(json);
  const { id, local, port } = link?.linkinfo?.info_data ?? {};
  return [id, local, port, link?.address].join(" ");
}

function parse<T>(json: string): T[] {
  return json.trim() === "" ? [] : (JSON.parse(json) as T[]);
}

function explain(device: string, stderr: string): string {
  const text = stderr.trim();
  const what = `the pods of other machines cannot be reached through ${device}`;
  if (/^(ip|bridge):/.test(text)) return `${what}: install the package iproute2`;
  if (/not permitted/i.test(text)) return `${what}: root is needed`;
  if (/unknown device type|not supported/i.test(text)) return `${what}: the kernel has no VXLAN (modprobe vxlan)`;
  return `${what}: ${text}`;
}
