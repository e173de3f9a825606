import type { RuntimeService } from "../cri/runtime.ts";
import { execProbe } from "./exec.ts";
import { grpcProbe } from "./grpc.ts";
import { httpProbe, httpRequest } from "./http.ts";
import { resolvePort } from "./ports.ts";
import type { Prober } from "./prober.ts";
import { tcpProbe } from "./tcp.ts";

/** Probes real containers: over the pod network from this machine, and by commands inside. */
export function createContainerProber(runtime: RuntimeService): Prober {
  return {
    async probe(probe, { container, containerId, podIp }) {
      const timeoutSeconds = probe.timeoutSeconds ?? 1;
      const timeoutMs = timeoutSeconds * 1000;
      try {
        if (probe.exec) {
          return await execProbe(runtime, containerId, { command: probe.exec.command ?? [], timeoutSeconds });
        }
        if (probe.httpGet) {
          const port = resolvePort(probe.httpGet.port, container);
          return await httpProbe(httpRequest(probe.httpGet, { host: podIp, port, timeoutMs }));
        }
        if (probe.tcpSocket) {
          const port = resolvePort(probe.tcpSocket.port, container);
          return await tcpProbe(probe.tcpSocket.host || podIp, port, timeoutMs);
        }
        if (probe.grpc) {
          return await grpcProbe({ host: podIp, port: probe.grpc.port }, probe.grpc.service ?? "", timeoutMs);
        }
        return { success: false, unknown: true, output: "missing probe handler" };
      } catch (error) {
        return { success: false, unknown: true, output: (error as Error).message };
      }
    },
  };
}
