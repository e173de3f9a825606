import type { ResourceRequirements } from "../../api/generated/core/v1.ts";
import { isJsonObject } from "../../api/patch/json-value.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Logger } from "../../base/log.ts";
import { type KubeletPaths, podDirectory, podsDirectory } from "../pods/paths.ts";
import type { VolumeFiles } from "../volumes/files.ts";
import type { Allocation } from "./allocation.ts";

/** What must be known of a resized pod after a crash of its kubelet. Goes with the pod's directory. */
export interface SavedResize {
  readonly allocation: Allocation;
  /** What the runtime accepted last, by container id. */
  readonly actual: Readonly<Record<string, ResourceRequirements>>;
  /** What is allocated was not yet given to all of the pod. */
  readonly unsettled: boolean;
}

export interface CheckpointOptions {
  readonly files: VolumeFiles;
  readonly paths: KubeletPaths;
  readonly log: Logger;
}

const FILE = "resources.json";
const LARGEST_BYTES = 1 << 20;

const directoryOf = (paths: KubeletPaths, uid: string): string => `${podDirectory(paths, uid)}/resize`;

/** Writes it in one step: after a crash there is this one or the one before. Rejects when the disk refuses. */
export async function saveResize(uid: string, saved: SavedResize, { files, paths }: CheckpointOptions): Promise<void> {
  const content = Buffer.from(JSON.stringify(saved));
  const directory = directoryOf(paths, uid);
  await files.makeDirectory(directory, { mode: 0o750 });
  await files.writePayload(directory, new Map([[FILE, { content, mode: 0o600 }]]), {});
}

/** All that earlier kubelets of this node saved, by the pods' uids. What cannot be read is told and left out. */
export async function readSavedResizes(options: CheckpointOptions): Promise<ReadonlyMap<string, SavedResize>> {
  const { files, paths, log } = options;
  const found = new Map<string, SavedResize>();
  for (const uid of await files.list(podsDirectory(paths))) {
    const path = `${directoryOf(paths, uid)}/${FILE}`;
    const text = await files.readTail(path, LARGEST_BYTES);
    if (text === undefined) continue;
    try {
      found.set(uid, parseSaved(text));
    } catch (error) {
      const what =
        "cannot read what was allocated to a resized pod: it is taken to have what its containers were made with";
      log.warn(what, { path, error: errorMessage(error) });
    }
  }
  return found;
}

function parseSaved(text: string): SavedResize {
  const saved = JSON.parse(text) as Partial<SavedResize> | null;
  if (!isJsonObject(saved?.allocation?.containers) || !isJsonObject(saved.actual)) {
    throw new Error("it has no allocation");
  }
  return saved as SavedResize;
}
