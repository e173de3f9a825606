import { createServer, type Server } from "node:http";
import { splitKey } from "../api/meta.ts";
import type { Logger } from "../base/log.ts";

/** How many endpoints of a service are on this node, for load balancers that ask on the service's healthCheckNodePort. */
export interface LocalEndpoints {
  readonly serviceKey: string;
  readonly count: number;
}

export interface HealthChecks {
  /** Answers on exactly these ports from now on. Rejects never: a port in use is told in the log, and tried again next time. */
  update(wanted: ReadonlyMap<number, LocalEndpoints>): Promise<void>;
  close(): Promise<void>;
}

/** Servers that tell load balancers whether this node has endpoints of a service, as kube-proxy's (pkg/proxy/healthcheck). */
export function createHealthChecks(log: Logger, host = "0.0.0.0"): HealthChecks {
  const servers = new Map<number, Server>();
  const told = new Set<number>();
  let facts: ReadonlyMap<number, LocalEndpoints> = new Map();

  function serve(port: number): Server {
    return createServer((_request, response) => {
      const local = facts.get(port);
      const count = local?.count ?? 0;
      const { namespace, name } = splitKey(local?.serviceKey ?? "");
      const body = { service: { namespace, name }, localEndpoints: count, serviceProxyHealthy: true };
      response.writeHead(count > 0 ? 200 : 503, {
        "content-type": "application/json",
        "x-content-type-options": "nosniff",
        "x-load-balancing-endpoint-weight": String(count),
      });
      response.end(JSON.stringify(body));
    });
  }

  async function open(port: number): Promise<void> {
    const server = serve(port);
    servers.set(port, server);
    await new Promise<void>((resolve) => {
      server.once("error", (error) => {
        servers.delete(port);
        if (!told.has(port)) log.warn("load balancers cannot ask this node about a service", { port, error });
        told.add(port);
        resolve();
      });
      server.listen({ host, port }, resolve);
    });
  }

  async function shut(port: number): Promise<void> {
    const server = servers.get(port);
    servers.delete(port);
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  return {
    async update(wanted) {
      facts = wanted;
      for (const port of [...servers.keys()]) if (!wanted.has(port)) await shut(port);
      for (const port of told) if (!wanted.has(port)) told.delete(port);
      for (const port of wanted.keys()) if (!servers.has(port)) await open(port);
    },
    async close() {
      for (const port of [...servers.keys()]) await shut(port);
    },
  };
}
