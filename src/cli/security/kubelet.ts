import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "./ask.ts";
import { isRenewed } from "./certificate-age.ts";
import {
  decide,
  type LookedAt,
  manual,
  notHere,
  type Outcome,
  passed,
  type SecurityCheck,
  undecided,
} from "./check.ts";
import { handshake, isOpen, weaknesses } from "./handshake.ts";

type Kubelet = NonNullable<LookedAt["kubelet"]>;
const READ_ONLY_PORT = 10255;

export const kubeletChecks: readonly SecurityCheck[] = [
  onNode("4.2.1", "the kubelet refuses anonymous requests", async (at, kubelet) => {
    const { code } = await asked(at, kubelet, undefined);
    return decide(code === 401, `/pods answered ${code}`);
  }),
  onNode("4.2.2", "the kubelet's authorization is not AlwaysAllow", async (at, kubelet) => {
    const { code } = await asked(at, kubelet, "scheduler");
    return decide(code === 403, `/pods answered ${code} to the scheduler`);
  }),
  onNode("4.2.3", "the kubelet knows who its clients are by their certificates", async (at, kubelet) => {
    const { code } = await asked(at, kubelet, "apiserver-kubelet-client");
    return decide(code === 200, `/pods answered ${code} to the API server`);
  }),
  onNode("4.2.4", "the kubelet's read-only port is closed", async (_at, { host }) => {
    const open = await isOpen({ host, port: READ_ONLY_PORT });
    return decide(!open, `port ${READ_ONLY_PORT} is ${open ? "open" : "closed"}`);
  }),
  manual("4.2.5", "idle streams end", "streams end after 4 hours without a byte, as upstream's default"),
  onNode("4.2.6", "the service proxy keeps its own tables", async () =>
    notHere("nftables are used, and no chains of the kubelet"),
  ),
  onNode("4.2.7", "the node is called as its machine (--hostname-override)", async ({ commandLine }) => {
    const isOther = commandLine.some((word) => word.startsWith("--node-name"));
    return isOther ? undecided("--node-name is given") : passed("--node-name is not given");
  }),
  manual(
    "4.2.8",
    "events of the kubelet are limited so that none is missed",
    "upstream's limits are kept: 50 a second",
  ),
  onNode("4.2.9", "the kubelet serves TLS with a certificate of the cluster's authority", async (at, kubelet) => {
    const ca = readFileSync(join(at.dataDirectory, "pki", "ca.crt"), "utf8");
    const agreed = await handshake(kubelet, { ca, rejectUnauthorized: true });
    return decide(
      agreed !== undefined,
      agreed === undefined ? "it does not verify" : `${agreed.protocol} ${agreed.cipher}`,
    );
  }),
  onNode("4.2.10", "the kubelet's certificates are renewed", async (at) => isRenewed(at, "kubelet-client")),
  onNode("4.2.11", "the kubelet's serving certificate is renewed", async (at) => isRenewed(at, "kubelet")),
  onNode("4.2.12", "the kubelet takes only strong ciphers, and TLS 1.2 or newer", async (_at, kubelet) => {
    const weak = await weaknesses(kubelet);
    return decide(
      weak.length === 0,
      weak.length === 0 ? "all weak handshakes were refused" : `agreed to ${weak.join(", ")}`,
    );
  }),
  manual(
    "4.2.13",
    "the number of processes in a pod is limited",
    "where pods are not trusted, limit the processes of the runtime's cgroups",
  ),
  manual(
    "4.2.14",
    "seccomp is on by default",
    "set seccompProfile RuntimeDefault in pods, or enforce the restricted level",
  ),
  onNode("4.3.1", "the service proxy serves metrics to this machine only", async (_at, { host }) => {
    const isLocal = host === "127.0.0.1" || host === "::1";
    const open = !isLocal && (await isOpen({ host, port: 10249 }));
    return decide(!open, `port 10249 is ${open ? "open" : "closed"} on ${host}`);
  }),
];

function onNode(id: string, title: string, look: (at: LookedAt, kubelet: Kubelet) => Promise<Outcome>): SecurityCheck {
  return {
    id,
    title,
    remedy: "restart the cluster; if it stays so, it is a defect of the program",
    look: (at) => (at.kubelet === undefined ? notHere("this machine is no node of the cluster") : look(at, at.kubelet)),
  };
}

function asked(at: LookedAt, kubelet: Kubelet, as: string | undefined) {
  const read = (file: string): string => readFileSync(join(at.dataDirectory, "pki", file), "utf8");
  const credentials = as === undefined ? undefined : { certificate: read(`${as}.crt`), key: read(`${as}.key`) };
  return ask({ ...kubelet, tls: { ca: read("ca.crt") } }, { path: "/pods", credentials });
}
