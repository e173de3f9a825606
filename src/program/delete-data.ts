import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

/** In every data directory, and made first: without it folders of these names are somebody else's. */
const MARK = "cluster.json";
const FOLDERS = /^(store|pki|audit|containerd|kubelet|manifests)$/;
const FILES =
  /^((cluster|run)\.json(\.new)?|stop\.json|kubeconfig|[a-z-]+\.kubeconfig|agent-token|start\.log|wherry\.log(\.1)?)$/;

/**
 * Deletes a cluster's data and the directory. What Wherry did not write there stays, and the directory with it: somebody's
 * work beside `--data-dir .` must survive. Answers the names of what stays.
 */
export async function deleteData(dataDirectory: string): Promise<string[]> {
  const names = await list(dataDirectory);
  const isCluster = names.includes(MARK);
  const isOurs = (name: string): boolean => FILES.test(name) || (isCluster && FOLDERS.test(name));
  const kept = names.filter((name) => !isOurs(name));
  // The mark goes last: what is interrupted can be done again.
  const ours = names.filter((name) => isOurs(name) && name !== MARK);
  for (const name of isCluster ? [...ours, MARK] : ours) {
    await rm(join(dataDirectory, name), { recursive: true, force: true });
  }
  if (kept.length === 0 && names.length > 0) await rmdir(dataDirectory);
  return kept;
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
