import type { PodDependencies } from "./dependencies.ts";
import { podsDirectory } from "./paths.ts";
import { identityOf } from "./pod.ts";
import type { PodManager } from "./pod-manager.ts";

/** Removes what pods left that went away while nobody looked: in the runtime, on the disk, in memory. */
export async function removeLeftovers(manager: PodManager, dependencies: PodDependencies): Promise<void> {
  const { files, volumes, paths } = dependencies;
  await manager.removeOrphans();
  const wanted = new Set(manager.pods().map((pod) => identityOf(pod).uid));
  const onDisk = await files.list(podsDirectory(paths));
  const inMemory = paths.memory === paths.root ? [] : await files.list(paths.memory);
  for (const uid of new Set([...onDisk, ...inMemory])) if (!wanted.has(uid)) await volumes.tearDown(uid);
  for (const directory of await files.list(paths.logs)) {
    const uid = directory.slice(directory.lastIndexOf("_") + 1);
    if (!wanted.has(uid)) await files.remove(`${paths.logs}/${directory}`);
  }
}
