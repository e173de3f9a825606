import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import { sleep } from "../../../base/clock.ts";
import { runCommand } from "../../../base/run-command.ts";
import type { ImageService } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";

/** containerd's namespace of what CRI makes. */
export const CRI_NAMESPACE = "k8s.io";
const VISIBLE_WITHIN_MS = 5000;

export interface ImportOptions {
  /** Path of `ctr`, which comes with containerd. */
  readonly ctr: string;
  readonly socket: string;
  /** Where the archive lies for a moment, since ctr reads files. */
  readonly scratchDirectory: string;
  readonly images: ImageService;
  readonly clock: Clock;
}

/** Loads an OCI layout archive into containerd and waits until CRI knows it under its name. */
export async function importImage(archive: Buffer, reference: string, options: ImportOptions): Promise<void> {
  const { images, clock } = options;
  await load(archive, reference, options);
  // CRI learns of it by an event of containerd's.
  const deadline = clock.monotonic() + VISIBLE_WITHIN_MS;
  while ((await images.imageStatus(reference)) === undefined) {
    if (clock.monotonic() > deadline) {
      throw new RuntimeError("Unknown", `containerd imported ${reference} but does not show it through CRI`);
    }
    await sleep(clock, 2);
  }
}

async function load(
  archive: Buffer,
  reference: string,
  { ctr, socket, scratchDirectory }: ImportOptions,
): Promise<void> {
  const directory = await mkdtemp(join(scratchDirectory, "import-"));
  const file = join(directory, "image.tar");
  try {
    await writeFile(file, archive);
    const args = ["--address", socket, "--namespace", CRI_NAMESPACE, "images", "import", file];
    const { code, stderr } = await runCommand(ctr, args);
    if (code !== 0) {
      throw new RuntimeError("Unknown", `importing ${reference} into containerd failed: ${stderr.trim()}`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
