import { readFileSync } from "node:fs";
import { nodes } from "../../api/generated/resources.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { systemRandom } from "../../base/random.ts";
import { Client } from "../../client/client.ts";
import { createHttpTransport } from "../../client/http-transport.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import type { RunState } from "../run-state.ts";
import { admissionChecks } from "./admission.ts";
import { apiServerChecks } from "./api-server.ts";
import { ask } from "./ask.ts";
import type { LookedAt, SecurityCheck } from "./check.ts";
import { componentChecks } from "./components.ts";
import { fileChecks } from "./file-modes.ts";
import type { SecurityFinding } from "./finding.ts";
import { kubeletChecks } from "./kubelet.ts";
import { roleChecks } from "./roles.ts";
import { storedChecks } from "./stored.ts";
import { workloadChecks } from "./workloads.ts";

/** The checks of the CIS Kubernetes Benchmark 1.10, in its order, and those that later ones added. */
const securityChecks: readonly SecurityCheck[] = [
  ...fileChecks,
  ...apiServerChecks,
  ...admissionChecks,
  ...storedChecks,
  ...componentChecks,
  ...kubeletChecks,
  ...roleChecks,
  ...workloadChecks,
].sort(byNumber);

/** Looks at a running cluster; one check after the other, so that none disturbs the next. */
export async function checkSecurity(options: {
  dataDirectory: string;
  state: RunState;
  clock: Clock;
}): Promise<SecurityFinding[]> {
  const { cluster, close } = await open(options);
  try {
    const findings: SecurityFinding[] = [];
    for (const check of securityChecks) findings.push(await findingOf(check, cluster));
    return findings;
  } finally {
    await close();
  }
}

async function findingOf(check: SecurityCheck, cluster: LookedAt): Promise<SecurityFinding> {
  const { id, title, remedy } = check;
  try {
    const { result, seen } = await check.look(cluster);
    return { id, title, result, seen, remedy: result === "PASS" || result === "SKIP" ? "" : remedy };
  } catch (error) {
    return { id, title, result: "FAIL", seen: `it could not be looked at: ${errorMessage(error)}`, remedy };
  }
}

async function open(options: {
  dataDirectory: string;
  state: RunState;
  clock: Clock;
}): Promise<{ cluster: LookedAt; close(): Promise<void> }> {
  const { dataDirectory, state, clock } = options;
  const access = await readKubeconfig(state.kubeconfig);
  const transport = createHttpTransport({ ...access, clock, userAgent: "wherry-check" });
  const client = new Client(transport);
  const url = new URL(access.server);
  const authority = access.certificateAuthority ?? "";
  const to = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 443), tls: { ca: authority } };
  const administrator = { certificate: access.clientCertificate ?? "", key: access.clientKey ?? "" };
  return {
    cluster: {
      dataDirectory,
      state,
      clock,
      authority,
      url,
      client,
      commandLine: commandLineOf(state.pid),
      ask: (question) => ask(to, question),
      askAsAdministrator: (question) => ask(to, { ...question, credentials: administrator }),
      kubelet: await kubeletOf(client, state.nodeName),
      token: `cis-${systemRandom.suffix(8)}`,
    },
    close: () => transport.close(),
  };
}

async function kubeletOf(client: Client, nodeName: string | undefined): Promise<LookedAt["kubelet"]> {
  if (nodeName === undefined) return undefined;
  const { status } = await client.get(nodes, { name: nodeName });
  const host = status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port;
  return host === undefined || port === undefined ? undefined : { host, port };
}

function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function byNumber(one: SecurityCheck, two: SecurityCheck): number {
  const [left, right] = [one, two].map(({ id }) => id.split(".").map(Number)) as [number[], number[]];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? 0);
}
