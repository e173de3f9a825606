import { openChannel } from "../cri/grpc/channel.ts";
import { RuntimeError } from "../cri/runtime.ts";
import type { ProbeOutcome } from "./prober.ts";

/** grpc.health.v1, https://github.com/grpc/grpc/blob/master/doc/health-checking.md. */
export const HEALTH_DESCRIPTOR = {
  nested: {
    grpc: {
      nested: {
        health: {
          nested: {
            v1: {
              nested: {
                ServingStatus: { values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } },
                HealthCheckRequest: { fields: { service: { type: "string", id: 1 } } },
                HealthCheckResponse: { fields: { status: { type: "ServingStatus", id: 1 } } },
                Health: {
                  methods: { Check: { requestType: "HealthCheckRequest", responseType: "HealthCheckResponse" } },
                },
              },
            },
          },
        },
      },
    },
  },
};

export async function grpcProbe(
  address: { host: string; port: number },
  service: string,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const channel = await openChannel({
    target: `${host}:${address.port}`,
    descriptor: HEALTH_DESCRIPTOR,
    service: "grpc.health.v1.Health",
  });
  try {
    const { status } = await channel.call<{ status: string }>("Check", { service }, { deadlineMs: timeoutMs });
    if (status === "SERVING") return { success: true, output: "service healthy" };
    return { success: false, output: `service unhealthy (responded with "${status}")` };
  } catch (error) {
    return { success: false, output: explain(error, { address: `${host}:${address.port}`, timeoutMs }) };
  } finally {
    channel.close();
  }
}

function explain(error: unknown, { address, timeoutMs }: { address: string; timeoutMs: number }): string {
  if (!(error instanceof RuntimeError)) return `error: health rpc probe failed: ${(error as Error).message}`;
  switch (error.code) {
    case "Unimplemented":
      return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.message}`;
    case "DeadlineExceeded":
      return `timeout: health rpc did not complete within ${timeoutMs / 1000}s`;
    case "Unavailable":
      return `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: connection error`;
    default:
      return `error: health rpc probe failed: ${error.message}`;
  }
}
