import type { Backups } from "./backups.ts";
import type { ServerChoices } from "./choices.ts";
import type { ClusterKeys } from "./cluster-keys.ts";

/**
 * The seam between the command line and the program behind it: what a command asks for, as plain data, and how it goes on.
 * The composition root implements it; commands never see a component.
 */
export interface Program {
  /** Brings the cluster up in this process. Resolves when it is ready; `stopped` says how it ended. */
  up(options: UpOptions, output: ProgramOutput): Promise<RunningProgram>;
  /** One part alone, over HTTP. */
  part(name: PartName, options: PartOptions, output: ProgramOutput): Promise<RunningProgram>;
  /** Removes what a stopped cluster left on this machine; with deleteData its objects too. Answers what was not Wherry's. */
  cleanUp(options: { dataDirectory: string; deleteData: boolean }): Promise<{ readonly kept: readonly string[] }>;
  /** Certificates and keys of a data directory. */
  readonly keys: ClusterKeys;
  /** Copies of clusters, and moves between engines. */
  readonly backups: Backups;
}

export type Runtime = "auto" | "containerd" | "simulated";

export interface UpOptions extends ServerChoices {
  readonly dataDirectory: string;
  readonly kubeconfig: string;
  /** Asked for by name; when absent 6443 or the next free port. */
  readonly port?: number;
  readonly bind: string;
  readonly nodeName: string;
  /** By which other machines reach the node; chosen by `bind` when absent. */
  readonly nodeIp?: string | undefined;
  /** Without a node: control plane only. */
  readonly node: boolean;
  readonly runtime: Runtime;
  /** Whether the machine's services may be asked for their logs through the node. */
  readonly systemLogQuery?: boolean;
  /** Nodes on which no container really runs, besides this machine's own. */
  readonly simulatedNodes: number;
  /** File that says how they behave. */
  readonly simulation?: string;
  /** Gives the start up. */
  readonly signal: AbortSignal;
}

export type PartName = "apiserver" | "controller-manager" | "scheduler" | "kubelet" | "proxy" | "agent";

/** Of the API server alone: ServerChoices. */
export interface PartOptions extends ServerChoices {
  readonly dataDirectory: string;
  /** How to reach the API server: a kubeconfig, or its URL with a token. Not for the API server itself. */
  readonly kubeconfig?: string;
  readonly server?: string;
  readonly token?: string;
  readonly port?: number;
  readonly bind: string;
  readonly nodeName: string;
  /** Where scheduler and controllers tell how they are; the usual port when absent, nowhere at port 0. */
  readonly bindAddress?: string | undefined;
  readonly securePort?: number | undefined;
  /** By which other machines reach the node. */
  readonly nodeIp?: string | undefined;
  readonly runtime: Runtime;
  /** Whether the machine's services may be asked for their logs through the node. */
  readonly systemLogQuery?: boolean;
  /** Aborts when the user wants no more: the start ends, and what had started is stopped. */
  readonly signal: AbortSignal;
}

export interface RunningProgram {
  readonly url: string;
  readonly kubeconfig: string;
  readonly nodeReady: boolean;
  /** Resolves when it has stopped by itself or by `stop`; rejects when a part failed for good. */
  readonly stopped: Promise<void>;
  stop(options: { keepPods: boolean }): Promise<void>;
}

/** Where a program says what it does. */
export interface ProgramOutput {
  /** A step begins; the returned function ends it with a detail, or with an error. */
  step(name: string): StepEnd;
  /** Something that the user should know and that is no step. */
  notice(text: string): void;
  log(line: string): void;
}

export interface StepEnd {
  done(detail?: string): void;
  failed(error: unknown): void;
}
