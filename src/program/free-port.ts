import { createServer } from "node:net";

/** The first port from `wanted` on that nobody listens on at this address; at most `tries` are looked at. */
export async function nextFreePort(host: string, wanted: number, tries = 100): Promise<number> {
  for (let port = wanted; port < wanted + tries; port++) if (await isFree(host, port)) return port;
  throw new Error(`no port from ${wanted} to ${wanted + tries - 1} is free on ${host}: choose one with --port`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
