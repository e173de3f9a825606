import type { Clock } from "../../../base/clock.ts";
import { sleep } from "../../../base/clock.ts";
import { runCommand } from "../../host/command.ts";
import type { ImageService } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";

/** containerd's namespace of what CRI makes. */
const CRI_NAMESPACE = "k8s.io";
const VISIBLE_WITHIN_MS = 5000;

export interface ImportOptions {
  /** Path of `ctr`, which comes with containerd. */
  readonly ctr: string;
  readonly socket: string;
  readonly images: ImageService;
  readonly clock: Clock;
}

/** Loads an OCI layout archive into containerd and waits until CRI knows it under its name. */
export async function importImage(archive: Buffer, reference: string, options: ImportOptions): Promise<void> {
  const { ctr, socket, images, clock } = options;
  const args = ["--address", socket, "--namespace", CRI_NAMESPACE, "images", "import", "-"];
  const result = await runCommand(ctr, args, { input: archive });
  if (result.exitCode !== 0) {
    throw new RuntimeError("Unknown", `importing ${reference} into containerd failed: ${result.stderr.trim()}`);
  }
  // CRI learns of it by an event of containerd's.
  const deadline = clock.monotonic() + VISIBLE_WITHIN_MS;
  while ((await images.imageStatus(reference)) === undefined) {
    if (clock.monotonic() > deadline) {
      throw new RuntimeError("Unknown", `containerd imported ${reference} but does not show it through CRI`);
    }
    await sleep(clock, 2);
  }
}
