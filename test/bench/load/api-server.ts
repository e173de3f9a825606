import type { TokenRequest } from "../../../src/api/generated/authentication.k8s.io/v1.ts";
import type { RoleBinding } from "../../../src/api/generated/rbac.authorization.k8s.io/v1.ts";
import { namespaces, roleBindings, serviceAccounts } from "../../../src/api/generated/resources.ts";
import type { ResourceReference } from "../../../src/api/meta.ts";
import { StatusError } from "../../../src/api/status.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Client } from "../../../src/client/client.ts";
import { createHttpTransport } from "../../../src/client/http-transport.ts";
import type { ProgramRun } from "../program.ts";
import type { Target } from "./job.ts";

/** What an API workload asks: our own server, or a peer. */
export interface ApiServer {
  readonly client: Client;
  /** A service account with the role `edit`: authentication, RBAC and admission are all at work. */
  readonly user: Target;
  /** All that a workload makes is in it. */
  readonly namespace: string;
  /** Our own process, which can be looked into and be compared with a bare loop. */
  readonly own?: { readonly run: ProgramRun; readonly dataDirectory: string };
}

const EDITOR = "editor";
const TOKEN_SECONDS = 7200;
/** What a server that issues no tokens, or not to us, answers. */
const NO_TOKENS = [403, 404, 405];

/** The client of whoever `target` is. */
export function clientOf(target: Target): Client {
  return new Client(
    createHttpTransport({
      server: target.url,
      clock: systemClock,
      ...target,
      token: target.token === undefined ? undefined : () => target.token ?? "",
      userAgent: "wherry-bench",
    }),
  );
}

/** Makes the namespace, and in it the user of the load. Everything that is made is in the namespace. */
export async function prepareNamespace(client: Client, namespace: string, admin: Target): Promise<Target> {
  await client.create(namespaces, { metadata: { name: namespace } });
  // Pods are refused without this one, and not every peer has a controller that makes it.
  await unlessThere(client.create(serviceAccounts, { metadata: { name: "default", namespace } }));
  try {
    return await createUser(client, { namespace, name: EDITOR, like: admin });
  } catch (error) {
    if (!(error instanceof StatusError && NO_TOKENS.includes(error.status.code ?? 0))) throw error;
    process.stderr.write(
      `no service account's token there (${error.message}): the load comes as the kubeconfig's user\n`,
    );
    return admin;
  }
}

/** A service account that may edit its namespace. Each is a client of its own for flow control. */
export async function createUser(
  client: Client,
  { namespace, name, like }: { namespace: string; name: string; like: Target },
): Promise<Target> {
  const account = { name, namespace };
  const binding: RoleBinding = {
    metadata: account,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
    subjects: [{ kind: "ServiceAccount", ...account }],
  };
  await client.create(serviceAccounts, { metadata: account });
  await client.create(roleBindings, binding);
  const token = await tokenOf(client, account);
  return { ...like, clientCertificate: undefined, clientKey: undefined, token };
}

async function unlessThere(creating: Promise<unknown>): Promise<void> {
  await creating.catch((error: unknown) => {
    if (!(error instanceof StatusError && error.status.reason === "AlreadyExists")) throw error;
  });
}

async function tokenOf(client: Client, account: { name: string; namespace: string }): Promise<string> {
  const request: TokenRequest = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [], expirationSeconds: TOKEN_SECONDS },
  };
  const { status } = await client.create<TokenRequest>(serviceAccounts as ResourceReference<TokenRequest>, request, {
    subresource: "token",
    target: account,
  });
  return status?.token ?? "";
}
