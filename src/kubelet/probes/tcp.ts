import { connect } from "node:net";
import { goErrorText } from "./http.ts";
import type { ProbeOutcome } from "./prober.ts";

/** Success when somebody accepts the connection. */
export function tcpProbe(host: string, port: number, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (outcome: ProbeOutcome) => {
      signal.removeEventListener("abort", expire);
      socket.destroy();
      resolve(outcome);
    };
    const expire = () => finish({ success: false, output: `dial tcp ${host}:${port}: i/o timeout` });
    const signal = AbortSignal.timeout(timeoutMs);
    signal.addEventListener("abort", expire);
    socket.once("connect", () => finish({ success: true, output: "" }));
    socket.once("error", (error) => finish({ success: false, output: goErrorText(error, { hostname: host, port }) }));
  });
}
