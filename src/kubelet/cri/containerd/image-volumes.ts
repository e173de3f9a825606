import { mkdir, readdir, realpath, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../../base/assert.ts";
import { isMounted, unmountBelow } from "../../host/mounts.ts";
import type { Mount } from "../config.ts";
import { type Channel, openChannel } from "../grpc/channel.ts";
import { criDescriptor } from "../grpc/schema.ts";
import { RuntimeError, type RuntimeService } from "../runtime.ts";
import { mountSnapshot } from "./snapshot-mount.ts";
import { openSnapshots, type Snapshots } from "./snapshots.ts";

/** The first version whose CRI mounts images and directories of images by itself (2.1 takes no directory for one). */
const FIRST_WITH_IMAGE_VOLUMES = [2, 2] as const;
const DEFAULT_SNAPSHOTTER = "overlayfs";

export interface ImageVolumesOptions {
  readonly socket: string;
  /** Where images are mounted: `<directory>/<sandbox>/<image>`. */
  readonly directory: string;
  readonly runtime: Pick<RuntimeService, "version" | "status">;
}

/** Images that containers mount, for versions of containerd whose CRI does not mount them. */
export interface ImageVolumes {
  /** The mounts as this containerd takes them. Rejects with RuntimeError, `ImageVolumeMountFailed` in front. */
  mount(sandboxId: string, mounts: readonly Mount[]): Promise<readonly Mount[]>;
  /** Takes away what was mounted for a sandbox, whose containers run no longer. Idempotent. */
  remove(sandboxId: string): Promise<void>;
  close(): void;
}

/**
 * An image is mounted once a sandbox, as containerd 2 does it: a view of its layers, made by containerd's own snapshot service,
 * that containers get as a path of the host. What is mounted is known by the directory alone, so that a restart finds it again.
 */
export function createImageVolumes(options: ImageVolumesOptions): ImageVolumes {
  return new ContainerdImageVolumes(options);
}

class ContainerdImageVolumes implements ImageVolumes {
  readonly #options: ImageVolumesOptions;
  readonly #making = new Map<string, Promise<void>>();
  #connected: Promise<{ images: Channel; snapshots: Snapshots; snapshotter: string }> | undefined;
  #isNative: Promise<boolean> | undefined;

  constructor(options: ImageVolumesOptions) {
    this.#options = options;
  }

  async mount(sandboxId: string, mounts: readonly Mount[]): Promise<readonly Mount[]> {
    if (!mounts.some(({ image }) => image !== undefined)) return mounts;
    this.#isNative ??= this.#options.runtime.version().then(({ runtimeVersion }) => mountsImages(runtimeVersion));
    if (await this.#isNative) return mounts;
    try {
      return await Promise.all(mounts.map((mount) => this.#hostMount(sandboxId, mount)));
    } catch (error) {
      const code = error instanceof RuntimeError ? error.code : "Unknown";
      throw new RuntimeError(code, `ImageVolumeMountFailed: ${errorMessage(error)}`);
    }
  }

  async #hostMount(sandboxId: string, { image, imageSubPath = "", ...mount }: Mount): Promise<Mount> {
    if (image === undefined) return mount;
    if (!mount.readonly) throw new Error(`the image ${image.image} can be mounted read-only alone`);
    const target = join(this.#options.directory, sandboxId, image.image.replace(/^sha256:/, "").replaceAll("/", "_"));
    await mkdir(target, { recursive: true, mode: 0o711 });
    let making = this.#making.get(target);
    if (making === undefined) {
      making = this.#show(image.image, target).finally(() => this.#making.delete(target));
      this.#making.set(target, making);
    }
    await making;
    return { ...mount, hostPath: await directoryIn(target, imageSubPath) };
  }

  async #show(image: string, target: string): Promise<void> {
    if (await isMounted(await realpath(target))) return;
    const { images, snapshots, snapshotter } = await this.#connect();
    type Answer = { image: object | null; info: Record<string, string> };
    const answer = await images.call<Answer>("ImageStatus", { image: { image }, verbose: true });
    if (answer.image === null) throw new RuntimeError("NotFound", `the image ${image} is not on this node`);
    const { chainID: parent } = JSON.parse(answer.info.info ?? "{}") as { chainID?: string };
    if (parent === undefined) throw new Error(`containerd does not tell the layers of the image ${image}`);
    await mountSnapshot(await snapshots.view({ key: target, parent, snapshotter }), target);
  }

  async remove(sandboxId: string): Promise<void> {
    const directory = join(this.#options.directory, sandboxId);
    const targets = await readdir(directory).catch(() => undefined);
    if (targets === undefined) return;
    await unmountBelow(await realpath(directory));
    const { snapshots, snapshotter } = await this.#connect();
    for (const name of targets) {
      const target = join(directory, name);
      await snapshots.remove({ key: target, snapshotter });
      // Not what lies in it: where the mount stayed that would be somebody's image.
      await rmdir(target);
    }
    await rmdir(directory);
  }

  /** At the first need: most pods mount no image. */
  #connect() {
    this.#connected ??= this.#open().catch((error) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }

  async #open() {
    const { socket, runtime } = this.#options;
    const { info } = await runtime.status({ verbose: true });
    const config = JSON.parse(info.config ?? "{}") as { containerd?: { snapshotter?: string } };
    const snapshotter = config.containerd?.snapshotter || DEFAULT_SNAPSHOTTER;
    const service = "runtime.v1.ImageService";
    const [images, snapshots] = await Promise.all([
      openChannel({ target: `unix:${socket}`, descriptor: criDescriptor(), service }),
      openSnapshots(socket),
    ]);
    return { images, snapshots, snapshotter };
  }

  close(): void {
    this.#connected?.then(
      ({ images, snapshots }) => {
        images.close();
        snapshots.close();
      },
      () => {},
    );
  }
}

/** Whether a containerd of that version mounts images by itself. Pure. */
export function mountsImages(version: string): boolean {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  const [firstMajor, firstMinor] = FIRST_WITH_IMAGE_VOLUMES;
  return Number(major) > firstMajor || (Number(major) === firstMajor && Number(minor) >= firstMinor);
}

/** A directory of a mounted image. Links lead nowhere else: an image is not changed any more once it is there. */
async function directoryIn(target: string, subPath: string): Promise<string> {
  if (subPath === "") return target;
  const root = await realpath(target);
  const found = await realpath(join(root, subPath)).catch(() => undefined);
  if (found === undefined) throw new Error(`subpath "${subPath}" is not in the image`);
  if (found !== root && !found.startsWith(`${root}/`)) throw new Error(`subpath "${subPath}" leads out of the image`);
  if (!(await stat(found)).isDirectory())
    throw new Error(`only a directory can be a subpath of an image, "${subPath}" is none`);
  return found;
}
