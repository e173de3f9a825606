import { protoDescriptor } from "../../../base/proto-descriptor.ts";
import { openChannel } from "../grpc/channel.ts";
import { ignoreNotFound } from "../grpc/errors.ts";
import { RuntimeError } from "../runtime.ts";
import { CRI_NAMESPACE } from "./import.ts";

/** A part of containerd's own snapshot service (containerd.services.snapshots.v1), which all versions have. */
const DESCRIPTOR = protoDescriptor({
  package: "containerd.services.snapshots.v1",
  messages: `
Empty:
Mount: 1 type string, 2 source string, 4 options []string
ViewSnapshotRequest: 1 snapshotter string, 2 key string, 3 parent string, 4 labels map
SnapshotRequest: 1 snapshotter string, 2 key string
MountsResponse: 1 mounts []Mount
`,
  services: {
    Snapshots: `
View ViewSnapshotRequest MountsResponse
Mounts SnapshotRequest MountsResponse
Remove SnapshotRequest Empty
`,
  },
});

const DEADLINE_MS = 120_000;
/** What carries it is not collected, though no container and no image refers to it. */
const KEEP_LABEL = "containerd.io/gc.root";

/** What mount(2) is to be told, so that a snapshot can be seen. */
export interface SnapshotMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface Snapshots {
  /** A read-only view of a chain of layers; the one that is there when there is one with that key. */
  view(of: { key: string; parent: string; snapshotter: string }): Promise<readonly SnapshotMount[]>;
  /** Idempotent. */
  remove(of: { key: string; snapshotter: string }): Promise<void>;
  close(): void;
}

/** The snapshots of what CRI makes in the containerd behind a socket. Its calls reject with RuntimeError. */
export async function openSnapshots(socket: string): Promise<Snapshots> {
  const channel = await openChannel({
    target: `unix:${socket}`,
    descriptor: DESCRIPTOR,
    service: "containerd.services.snapshots.v1.Snapshots",
    headers: { "containerd-namespace": CRI_NAMESPACE },
  });
  const call = <T>(method: string, request: unknown): Promise<T> =>
    channel.call<T>(method, request, { deadlineMs: DEADLINE_MS });
  type Answer = { mounts: SnapshotMount[] };
  return {
    async view({ key, parent, snapshotter }) {
      try {
        const labels = { [KEEP_LABEL]: "image-volume" };
        return (await call<Answer>("View", { snapshotter, key, parent, labels })).mounts;
      } catch (error) {
        if (!(error instanceof RuntimeError) || error.code !== "AlreadyExists") throw error;
        return (await call<Answer>("Mounts", { snapshotter, key })).mounts;
      }
    },
    remove: (of) => ignoreNotFound(call("Remove", of)),
    close: () => channel.close(),
  };
}
