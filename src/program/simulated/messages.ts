import type { MessagePort } from "node:worker_threads";
import type { CertificatePair } from "../../bootstrap/pki/ensure-pki.ts";
import type { Simulation } from "../../kubelet/cri/simulated/simulation.ts";

export interface SimulatedNodesChoices {
  readonly count: number;
  readonly simulation: Simulation;
  /** What pods find names by: the address of cluster DNS, and its domain. */
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** What the one server of all these nodes proves itself with, and the authority whose clients may ask it. */
  readonly serving: CertificatePair;
  readonly clientAuthority: string;
}

/** What the thread begins with. It is told once how to stop (StopOptions), and ends. */
export interface ThreadData extends SimulatedNodesChoices {
  /** To the API server. */
  readonly port: MessagePort;
}

export type SaidByThread = { readonly kind: "log"; readonly line: string } | { readonly kind: "ready" };
