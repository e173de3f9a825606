import { ociImageTar } from "../image/oci-layout.ts";
import { pauseArm64 } from "./arm64.ts";
import { elfExecutable, MACHINES } from "./elf.ts";
import { pauseX8664 } from "./x86-64.ts";

/** Name under which the image lies on the node; no registry has it. */
export const PAUSE_IMAGE = "wherry.local/pause:1";

/**
 * The program that holds a pod's namespaces open. It blocks SIGCHLD, SIGTERM and SIGINT and waits for one of them
 * (rt_sigtimedwait): at SIGCHLD it reaps every child that ended (it is process 1 of a pod with a shared process namespace,
 * which inherits orphans), at the other two it exits with 0. Blocked signals reach process 1 of a namespace although it
 * has no handlers. The stack is never used.
 */
const PROGRAMS = {
  amd64: () => elfExecutable(MACHINES.x86_64, pauseX8664()),
  arm64: () => elfExecutable(MACHINES.aarch64, pauseArm64()),
} as const;

export type Architecture = keyof typeof PROGRAMS;

/** Node's name of a processor as images call it; undefined where no pause program is written for it. */
export function imageArchitecture(nodeArchitecture: string): Architecture | undefined {
  return nodeArchitecture === "x64" ? "amd64" : nodeArchitecture === "arm64" ? "arm64" : undefined;
}

/** The executable's bytes. */
export function pauseProgram(architecture: Architecture): Buffer {
  return PROGRAMS[architecture]();
}

/** The pause image as an OCI layout archive, by default under our own name. */
export function pauseImage(architecture: Architecture, reference: string = PAUSE_IMAGE): Buffer {
  return ociImageTar({
    reference,
    architecture,
    layers: [[{ name: "pause", mode: 0o755, content: pauseProgram(architecture) }]],
    config: { Entrypoint: ["/pause"], User: "65535:65535", WorkingDir: "/" },
  });
}
