import { networkInterfaces } from "node:os";
import { isPodNetworkDevice } from "../network/names.ts";

/** True when only this machine reaches the address. */
export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address.startsWith("127.");
}

/**
 * The address by which pods and other nodes reach this machine. A cluster that listens on loopback only is reached over the
 * bridge of its pods, which nobody outside can.
 */
export function reachableAddress(bind: string, gateway: string): string {
  if (isLoopback(bind)) return gateway;
  if (bind !== "0.0.0.0" && bind !== "::") return bind;
  const outside = Object.entries(networkInterfaces())
    .filter(([name]) => !isPodNetworkDevice(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find((address) => address.family === "IPv4" && !address.internal);
  return outside?.address ?? gateway;
}

/** The URL by which this machine's own clients reach a server that listens on `bind`. */
export function localUrl(bind: string, port: number): string {
  const host = bind === "0.0.0.0" ? "127.0.0.1" : bind === "::" ? "[::1]" : bind.includes(":") ? `[${bind}]` : bind;
  return `https://${host}:${port}`;
}
