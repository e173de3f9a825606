import type { CertificatePair } from "../../bootstrap/pki/ensure-pki.ts";
import type { Simulation } from "../../kubelet/cri/simulated/simulation.ts";
import type { StopOptions } from "../stop.ts";

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

/** Where the process finds its end of the pipe to the API server: behind input, outputs and the channel of these messages. */
export const PIPE_DESCRIPTOR = 4;

/** To the process: with what to begin, and how to stop, after which it ends. */
export type SaidToProcess =
  | { readonly kind: "start"; readonly choices: SimulatedNodesChoices }
  | { readonly kind: "stop"; readonly how: StopOptions };

/** By the process: a line for the log, that all nodes are Ready, or what kept them from it. */
export type SaidByProcess =
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly why: string };
