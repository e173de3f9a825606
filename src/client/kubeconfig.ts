import { readFile } from "node:fs/promises";
import path from "node:path";

/** How to reach a cluster and who one is there: one context of a kubeconfig. */
export interface ClusterAccess {
  readonly server: string;
  /** Default namespace of the context. */
  readonly namespace: string;
  /** PEM. */
  readonly certificateAuthority?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly token?: (() => Promise<string>) | undefined;
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

export class KubeconfigError extends Error {
  override name = "KubeconfigError";
}

interface Named {
  name?: string;
  cluster?: Record<string, unknown>;
  context?: Record<string, unknown>;
  user?: Record<string, unknown>;
}

interface Config {
  clusters?: Named[];
  contexts?: Named[];
  users?: Named[];
  "current-context"?: string;
}

/** Reads a kubeconfig file. @throws KubeconfigError that says what is missing or not understood */
export async function readKubeconfig(file: string, context?: string): Promise<ClusterAccess> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new KubeconfigError(`cannot read the kubeconfig ${file}: ${(error as Error).message}`, { cause: error });
  }
  return await parseKubeconfig(text, { file, context });
}

/** Reads the text of a kubeconfig (YAML or JSON); file names in it are relative to the folder of `file`. */
export async function parseKubeconfig(
  text: string,
  { file, context }: { file: string; context?: string | undefined },
): Promise<ClusterAccess> {
  const { load } = await import("js-yaml");
  let config: Config;
  try {
    config = (load(text) ?? {}) as Config;
  } catch (error) {
    throw new KubeconfigError(`${file} is not YAML: ${(error as Error).message}`, { cause: error });
  }
  const wanted = context ?? config["current-context"];
  if (wanted === undefined || wanted === "") throw new KubeconfigError(`${file} has no current-context: name one`);
  const chosen = entry(config.contexts, { name: wanted, what: "context", file });
  const cluster = entry(config.clusters, { name: String(chosen.cluster), what: "cluster", file });
  const user = chosen.user ? entry(config.users, { name: String(chosen.user), what: "user", file }) : {};
  const read = (fields: Record<string, unknown>, name: string): Promise<string | undefined> =>
    material(fields, { name, folder: path.dirname(file), file });
  for (const unsupported of ["exec", "auth-provider", "username"]) {
    if (user[unsupported] === undefined) continue;
    throw new KubeconfigError(
      `user "${chosen.user}" in ${file} signs in by "${unsupported}", which is not supported: use a client certificate or a token`,
    );
  }
  if (typeof cluster.server !== "string")
    throw new KubeconfigError(`cluster "${chosen.cluster}" in ${file} has no server`);
  return {
    server: cluster.server,
    namespace: typeof chosen.namespace === "string" && chosen.namespace !== "" ? chosen.namespace : "default",
    certificateAuthority: await read(cluster, "certificate-authority"),
    clientCertificate: await read(user, "client-certificate"),
    clientKey: await read(user, "client-key"),
    token: tokenOf(user, path.dirname(file)),
    tlsServerName: cluster["tls-server-name"] as string | undefined,
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] === true,
  };
}

function entry(
  list: readonly Named[] | undefined,
  { name, what, file }: { name: string; what: "cluster" | "context" | "user"; file: string },
): Record<string, unknown> {
  const found = list?.find((each) => each.name === name);
  if (found === undefined) throw new KubeconfigError(`${what} "${name}" is not in ${file}`);
  // A user of whom only the name is said has no credentials.
  return found[what] ?? {};
}

/** `name-data` in base64, or the content of the file that `name` names. */
async function material(
  fields: Record<string, unknown>,
  { name, folder, file }: { name: string; folder: string; file: string },
): Promise<string | undefined> {
  const data = fields[`${name}-data`];
  if (typeof data === "string" && data !== "") return Buffer.from(data, "base64").toString();
  const reference = fields[name];
  if (typeof reference !== "string" || reference === "") return undefined;
  try {
    return await readFile(path.resolve(folder, reference), "utf8");
  } catch (error) {
    throw new KubeconfigError(`cannot read ${name} of ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** A token in a file is read again for each request: whoever wrote it replaces it before it expires. */
function tokenOf(user: Record<string, unknown>, folder: string): (() => Promise<string>) | undefined {
  const { token, tokenFile } = user;
  if (typeof tokenFile === "string" && tokenFile !== "") {
    return async () => (await readFile(path.resolve(folder, tokenFile), "utf8")).trim();
  }
  return typeof token === "string" && token !== "" ? async () => token : undefined;
}
