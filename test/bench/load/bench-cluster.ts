import { join } from "node:path";
import type { TokenRequest } from "../../../src/api/generated/authentication.k8s.io/v1.ts";
import type { ClusterRoleBinding } from "../../../src/api/generated/rbac.authorization.k8s.io/v1.ts";
import { clusterRoleBindings, namespaces, serviceAccounts } from "../../../src/api/generated/resources.ts";
import type { ResourceReference } from "../../../src/api/meta.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Client } from "../../../src/client/client.ts";
import { createHttpTransport } from "../../../src/client/http-transport.ts";
import { readKubeconfig } from "../../../src/client/kubeconfig.ts";
import { type ProgramRun, startProgram } from "../program.ts";
import type { Target } from "./job.ts";

export const NAMESPACE = "bench";

/** A control plane under load: the built program without a node, and a user whom RBAC lets do what is measured. */
export interface BenchCluster {
  readonly run: ProgramRun;
  readonly dataDirectory: string;
  readonly client: Client;
  /** A service account with the role `edit`: authentication, RBAC and admission are all at work. */
  readonly user: Target;
  stop(): Promise<void>;
}

export async function startBenchCluster(directory: string, words: readonly string[] = []): Promise<BenchCluster> {
  const dataDirectory = join(directory, "data");
  const run = await startProgram({
    variant: "built",
    dataDirectory,
    cacheDirectory: join(directory, "cache"),
    words: ["--no-node", ...words],
  });
  const access = await readKubeconfig(join(dataDirectory, "kubeconfig"));
  const transport = createHttpTransport({ ...access, clock: systemClock });
  const client = new Client(transport);
  const user = {
    url: access.server,
    certificateAuthority: access.certificateAuthority ?? "",
    token: await editorToken(client),
  };
  return {
    run,
    dataDirectory,
    client,
    user,
    async stop() {
      await transport.close();
      await run.stop();
    },
  };
}

async function editorToken(client: Client): Promise<string> {
  await client.create(namespaces, { metadata: { name: NAMESPACE } });
  const account = { name: "editor", namespace: NAMESPACE };
  await client.create(serviceAccounts, { metadata: account });
  const binding: ClusterRoleBinding = {
    metadata: { name: "bench-editor" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
    subjects: [{ kind: "ServiceAccount", ...account }],
  };
  await client.create(clusterRoleBindings, binding);
  const request: TokenRequest = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [], expirationSeconds: 7200 },
  };
  const options = { subresource: "token", target: account };
  const { status } = await client.create<TokenRequest>(
    serviceAccounts as ResourceReference<TokenRequest>,
    request,
    options,
  );
  return status?.token ?? "";
}
