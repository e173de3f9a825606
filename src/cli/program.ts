import type { AuthenticationChoice, AuthorizationChoice } from "./access-choice.ts";
import type { Backups } from "./backups.ts";
import type { AdmissionChoice, AuditChoice, FlowControlChoice } from "./choices.ts";
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

/** An etcd cluster that several API servers share. */
export interface EtcdAccess {
  readonly servers: readonly string[];
  /** What stands before all keys, `/registry` as everywhere. */
  readonly prefix: string;
  readonly authorityFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface UpOptions {
  readonly dataDirectory: string;
  readonly kubeconfig: string;
  /** Asked for by name; when absent 6443 or the next free port. */
  readonly port?: number;
  readonly bind: string;
  /** Objects are there; in the data directory when absent. */
  readonly etcd?: EtcdAccess | undefined;
  /** Keys that this server shares with the cluster's others are copied from there. */
  readonly pkiDirectory?: string | undefined;
  readonly nodeName: string;
  /** Without a node: control plane only. */
  readonly node: boolean;
  readonly runtime: Runtime;
  /** Nodes on which no container really runs, besides this machine's own. */
  readonly simulatedNodes: number;
  /** File that says how they behave. */
  readonly simulation?: string;
  /** What is encrypted on disk. */
  readonly encryption?: EncryptionChoice;
  /** Who comes in, and who decides what they may do. */
  readonly authentication?: AuthenticationChoice;
  readonly authorization?: AuthorizationChoice;
  /** Of the API server: what is written down of requests, and how many run at once. */
  readonly audit?: AuditChoice;
  readonly flowControl?: FlowControlChoice;
  readonly admission?: AdmissionChoice;
  /** Gives the start up. */
  readonly signal: AbortSignal;
}

/** What is encrypted on disk; Secrets, with a key of the cluster, when nothing is chosen. */
export interface EncryptionChoice {
  /** EncryptionConfiguration of somebody's own. */
  readonly providerConfig?: string;
  /** Whether changes of that file count at once. */
  readonly automaticReload?: boolean;
}

export type PartName = "apiserver" | "controller-manager" | "scheduler" | "kubelet" | "proxy" | "agent";

export interface PartOptions {
  readonly dataDirectory: string;
  /** How to reach the API server: a kubeconfig, or its URL with a token. Not for the API server itself. */
  readonly kubeconfig?: string;
  readonly server?: string;
  readonly token?: string;
  readonly port?: number;
  readonly bind: string;
  /** For the API server: as for the whole program. */
  readonly etcd?: EtcdAccess | undefined;
  readonly pkiDirectory?: string | undefined;
  readonly nodeName: string;
  /** By which other machines reach the node. */
  readonly nodeIp?: string | undefined;
  readonly runtime: Runtime;
  /** Of the API server: what is encrypted on disk. */
  readonly encryption?: EncryptionChoice;
  /** Who comes in, and who decides what they may do. */
  readonly authentication?: AuthenticationChoice;
  readonly authorization?: AuthorizationChoice;
  /** Of the API server: what is written down of requests, and how many run at once. */
  readonly audit?: AuditChoice;
  readonly flowControl?: FlowControlChoice;
  readonly admission?: AdmissionChoice;
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
