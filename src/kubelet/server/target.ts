import { badRequest } from "../../api/status.ts";
import type { ContainerTarget, StreamOptions } from "../handle.ts";

/** `/{namespace}/{pod}[/{uid}]/{container}`: segments after the first one of exec, attach, run and containerLogs. */
export function containerTarget(segments: readonly string[]): ContainerTarget | undefined {
  const [namespace, pod, third, fourth, more] = segments;
  if (!namespace || !pod || !third || more !== undefined) return undefined;
  if (fourth === undefined) return { namespace, pod, container: third };
  return fourth === "" ? undefined : { namespace, pod, uid: third, container: fourth };
}

/** `/{namespace}/{pod}[/{uid}]`. */
export function podTarget(segments: readonly string[]): { namespace: string; pod: string; uid?: string } | undefined {
  const [namespace, pod, uid, more] = segments;
  if (!namespace || !pod || more !== undefined) return undefined;
  return uid === undefined ? { namespace, pod } : { namespace, pod, uid };
}

/** Which streams a client wants. @throws StatusError BadRequest when none, as upstream says it */
export function streamOptions(query: URLSearchParams): StreamOptions {
  const flag = (name: string): boolean => query.get(name) === "1" || query.get(name) === "true";
  const tty = flag("tty");
  // A terminal has one output.
  const streams = { tty, stdin: flag("input"), stdout: flag("output"), stderr: flag("error") && !tty };
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  }
  return streams;
}

/** Ports of a port-forward; none when the client names them a stream, as SPDY clients do. */
export function forwardedPorts(query: URLSearchParams): number[] {
  const ports = [...query.getAll("port"), ...query.getAll("ports")].flatMap((text) => text.split(",")).map(Number);
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badRequest(`unable to parse ports: ${port}`);
  }
  return ports;
}
