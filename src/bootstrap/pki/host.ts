import { hostname, networkInterfaces } from "node:os";
import { addressBytes } from "./address-bytes.ts";

/** What this machine is called and where it is reached: asked of the host once, by the program's edge. */
export function hostIdentity(): { names: string[]; addresses: string[] } {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .map((each) => each.address)
    .filter((address) => !address.startsWith("fe80:") && addressBytes(address) !== undefined);
  return { names: [hostname().toLowerCase()], addresses: [...new Set(addresses)] };
}
