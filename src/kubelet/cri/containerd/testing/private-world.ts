import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../../base/clock.ts";
import { silentLogger } from "../../../../base/log.ts";
import { ociImageTar } from "../../image/oci-layout.ts";
import type { TarEntry } from "../../image/tar.ts";
import { imageArchitecture } from "../../pause/program.ts";
import { type ContainerdHandle, ensureContainerd } from "../ensure.ts";
import { inspectMachine } from "../machine.ts";

const BUSYBOX = "/usr/bin/busybox";
/** A shell, in the containerd that startContainerd starts. */
export const SHELL_IMAGE = "wherry.local/conformance:1";

/** Why no containers can run here; undefined when they can. */
export async function reasonToSkip(): Promise<string | undefined> {
  if (process.platform !== "linux") return "containers need Linux";
  const scratch = await mkdtemp(join(tmpdir(), "wherry-machine-"));
  const { problems } = await inspectMachine(scratch);
  await rm(scratch, { recursive: true });
  const fatal = problems.find((problem) => problem.fatal);
  if (fatal !== undefined) return fatal.message;
  const busybox = await readFile(BUSYBOX).catch(() => undefined);
  return busybox === undefined ? `${BUSYBOX} is missing (Debian: apt-get install busybox-static)` : undefined;
}

/** An image of these layers for this machine. */
export function layered(reference: string, ...layers: (readonly TarEntry[])[]): Buffer {
  return ociImageTar({
    reference,
    architecture: imageArchitecture(process.arch)!,
    layers,
    config: { Cmd: ["/bin/sh"] },
  });
}

/** A containerd of its own below a new directory, with SHELL_IMAGE in it. */
export async function startContainerd(): Promise<{ handle: ContainerdHandle; dataDirectory: string }> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "wherry-containerd-"));
  const handle = await ensureContainerd({
    dataDirectory,
    clock: systemClock,
    log: silentLogger,
    podCidrs: ["10.253.7.0/24"],
    useSystem: false,
  });
  const shell: TarEntry[] = [
    { name: "bin/" },
    { name: "bin/busybox", mode: 0o755, content: await readFile(BUSYBOX) },
    ...["sh", "sleep", "echo", "cat", "ls", "touch"].map((name) => ({ name: `bin/${name}`, linkTarget: "busybox" })),
  ];
  await handle.importImage(layered(SHELL_IMAGE, shell), SHELL_IMAGE);
  return { handle, dataDirectory };
}
