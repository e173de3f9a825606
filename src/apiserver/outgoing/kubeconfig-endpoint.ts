import { readFile } from "node:fs/promises";
import path from "node:path";
import { errorMessage } from "../../base/assert.ts";
import type { WebhookCredentials, WebhookEndpoint } from "./webhook-client.ts";
import type { WebhookUsers } from "./webhook-users.ts";

interface Named {
  readonly name?: unknown;
  readonly cluster?: Record<string, unknown>;
  readonly context?: Record<string, unknown>;
  readonly user?: Record<string, unknown>;
}

interface Kubeconfig {
  readonly clusters?: readonly Named[];
  readonly contexts?: readonly Named[];
  readonly users?: readonly Named[];
  readonly "current-context"?: unknown;
}

/** A webhook's configuration file cannot be used. The message says which file and what is wrong in it. */
export class KubeconfigEndpointError extends Error {
  override name = "KubeconfigEndpointError";
}

/**
 * The endpoint that a webhook configuration file in kubeconfig format names: where (`clusters`), and as whom (`users`).
 * File names in it are relative to its own folder. With several clusters and no current context the only one is meant.
 * @throws KubeconfigEndpointError
 */
export async function readEndpoint(file: string): Promise<WebhookEndpoint> {
  return await parseEndpoint(await readText(file, file), file);
}

/** The same for text that has been read. @throws KubeconfigEndpointError */
export async function parseEndpoint(text: string, file: string): Promise<WebhookEndpoint> {
  const config = await parsed(text, file);
  const { cluster, user } = chosen(config, file);
  const server = cluster.server;
  if (typeof server !== "string" || !/^https?:\/\//.test(server)) {
    throw new KubeconfigEndpointError(`${file}: clusters[].cluster.server must be an http or https URL`);
  }
  return {
    url: server,
    authorities: await pem(cluster, "certificate-authority", file),
    insecureSkipVerify: cluster["insecure-skip-tls-verify"] === true,
    ...(await credentialsOf(user, file)),
  };
}

/** The users of such a file, for who calls hosts that the file does not name. @throws KubeconfigEndpointError */
export async function readUsers(file: string): Promise<WebhookUsers> {
  const config = await parsed(await readText(file, file), file);
  const { users = [], contexts = [] } = config;
  const read = async ({ name, user }: Named) => [String(name), await credentialsOf(user ?? {}, file)] as const;
  const byName = new Map(await Promise.all(users.map(read)));
  const context = contexts.find(({ name }) => name === config["current-context"])?.context;
  return { byName, current: byName.get(String(context?.user)) };
}

async function parsed(text: string, file: string): Promise<Kubeconfig> {
  const { load } = await import("js-yaml");
  try {
    return (load(text) ?? {}) as Kubeconfig;
  } catch (error) {
    throw new KubeconfigEndpointError(`${file} is not YAML: ${errorMessage(error)}`, { cause: error });
  }
}

async function credentialsOf(user: Record<string, unknown>, file: string): Promise<WebhookCredentials> {
  const [certificate, key] = [await pem(user, "client-certificate", file), await pem(user, "client-key", file)];
  if ((certificate === undefined) !== (key === undefined)) {
    throw new KubeconfigEndpointError(`${file}: client-certificate and client-key must be given together`);
  }
  const token = await tokenOf(user, file);
  return {
    ...(certificate !== undefined && key !== undefined && { clientCertificate: { certificate, key } }),
    ...(token !== undefined && { bearerToken: token }),
  };
}

function chosen(config: Kubeconfig, file: string) {
  const { contexts = [], clusters = [], users = [] } = config;
  const current = config["current-context"];
  const named = typeof current === "string" && current !== "";
  const context = named ? contexts.find((each) => each.name === current)?.context : contexts[0]?.context;
  if (named && context === undefined) throw new KubeconfigEndpointError(`context "${current}" is not in ${file}`);
  const cluster =
    context === undefined && clusters.length === 1
      ? clusters[0]?.cluster
      : clusters.find((each) => each.name === context?.cluster)?.cluster;
  if (cluster === undefined) throw new KubeconfigEndpointError(`cluster "${context?.cluster ?? ""}" is not in ${file}`);
  // As client-go has it, a user that is not listed has no credentials.
  return { cluster, user: users.find((each) => each.name === context?.user)?.user ?? {} };
}

/** `name-data` in base64, or the content of the file that `name` names. */
async function pem(fields: Record<string, unknown>, name: string, file: string): Promise<string | undefined> {
  const data = fields[`${name}-data`];
  if (typeof data === "string" && data !== "") return Buffer.from(data, "base64").toString();
  const reference = fields[name];
  if (typeof reference !== "string" || reference === "") return undefined;
  return await readText(path.resolve(path.dirname(file), reference), file);
}

async function tokenOf(user: Record<string, unknown>, file: string): Promise<string | undefined> {
  const { token, tokenFile } = user;
  if (typeof token === "string" && token !== "") return token;
  if (typeof tokenFile !== "string" || tokenFile === "") return undefined;
  return (await readText(path.resolve(path.dirname(file), tokenFile), file)).trim();
}

async function readText(name: string, file: string): Promise<string> {
  try {
    return await readFile(name, "utf8");
  } catch (error) {
    const where = name === file ? name : `${name}, which ${file} names`;
    throw new KubeconfigEndpointError(`cannot read ${where}: ${errorMessage(error)}`, { cause: error });
  }
}
