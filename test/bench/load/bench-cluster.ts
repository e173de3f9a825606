import { join } from "node:path";
import { readKubeconfig } from "../../../src/client/kubeconfig.ts";
import { type ProgramRun, startProgram } from "../program.ts";
import type { BenchRun } from "../workload.ts";
import { type ApiServer, clientOf, prepareNamespace } from "./api-server.ts";
import type { Target } from "./job.ts";

const NAMESPACE = "bench";

/** A control plane under load: the built program without a node, and a user whom RBAC lets do what is measured. */
export interface BenchCluster extends ApiServer {
  readonly own: { readonly run: ProgramRun; readonly dataDirectory: string };
  /** May do everything. */
  readonly admin: Target;
  stop(): Promise<void>;
}

export interface BenchClusterOptions {
  /** More words for `wherry up`. */
  readonly words?: readonly string[];
  readonly observed?: boolean;
}

export async function startBenchCluster(run: BenchRun, options: BenchClusterOptions = {}): Promise<BenchCluster> {
  const dataDirectory = join(run.directory, "data");
  const running = await startProgram({
    program: run.program,
    dataDirectory,
    cacheDirectory: join(run.directory, "cache"),
    words: ["--no-node", ...(options.words ?? [])],
    observed: options.observed === true,
  });
  const admin = await targetOf(join(dataDirectory, "kubeconfig"));
  const client = clientOf(admin);
  return {
    own: { run: running, dataDirectory },
    admin,
    client,
    namespace: NAMESPACE,
    user: await prepareNamespace(client, NAMESPACE, admin),
    async stop() {
      await client.transport.close();
      await running.stop();
    },
  };
}

/** Whoever a kubeconfig is for, as load processes take it. @throws KubeconfigError */
export async function targetOf(kubeconfig: string): Promise<Target> {
  const { server, certificateAuthority, clientCertificate, clientKey, ...access } = await readKubeconfig(kubeconfig);
  const { tlsServerName, insecureSkipTlsVerify } = access;
  const token = await access.token?.();
  return {
    url: server,
    certificateAuthority,
    clientCertificate,
    clientKey,
    token,
    tlsServerName,
    insecureSkipTlsVerify,
  };
}
