/** A program that runs containers in another way than runc, as RuntimeClasses may ask for it. */
export interface OciRuntime {
  /** Name of the handler. */
  readonly handler: string;
  /** What must be in PATH. */
  readonly program: string;
  /** containerd's shim for it. */
  readonly type: string;
  /** The shim is runc's, and is told to call this program. */
  readonly isCalledByRuncShim: boolean;
}

const likeRunc = (name: string): OciRuntime => ({
  ...{ handler: name, program: name, type: "io.containerd.runc.v2", isCalledByRuncShim: true },
});
const byShim = (handler: string, shim: string, type: string): OciRuntime => ({
  ...{ handler, program: `containerd-shim-${shim}`, type, isCalledByRuncShim: false },
});

/** Those that are offered where the machine has them: under the names that their own instructions give. */
export const OCI_RUNTIMES: readonly OciRuntime[] = [
  likeRunc("crun"),
  likeRunc("youki"),
  byShim("runsc", "runsc-v1", "io.containerd.runsc.v1"),
  byShim("kata", "kata-v2", "io.containerd.kata.v2"),
];
