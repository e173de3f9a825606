import type { AnyContainer } from "../pods/pod.ts";

/** The number of a port that is given as a number, a numeral, or the name of one of the container's ports. */
export function resolvePort(port: number | string, container: AnyContainer): number {
  if (typeof port === "number") return checked(port);
  const named = (container.ports ?? []).find(({ name }) => name === port);
  if (named !== undefined) return checked(named.containerPort);
  if (/^\d+$/.test(port)) return checked(Number(port));
  throw new Error(`couldn't find port: ${port}`);
}

function checked(port: number): number {
  if (port > 0 && port < 65_536) return port;
  throw new Error(`invalid port number: ${port}`);
}
