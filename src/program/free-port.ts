import { createServer } from "node:net";
import { CommandError } from "../cli/command.ts";
import { explain } from "./explain.ts";

/**
 * The first port from `wanted` on that nobody listens on at this address; at most `tries` are looked at.
 * @throws CommandError when none is free, or the address is not one of this machine
 */
export async function nextFreePort(host: string, wanted: number, tries = 100): Promise<number> {
  for (let port = wanted; port < wanted + tries; port++) if (await isFree(host, port)) return port;
  throw new CommandError(
    `no port from ${wanted} to ${wanted + tries - 1} is free on ${host}: choose one with --port`,
    5,
  );
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(explain(error));
    });
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
