import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { EventRecorder } from "../../client/events.ts";
import { formatDuration, KeyedBackoff } from "../backoff.ts";
import type { AuthConfig, PodSandboxConfig } from "../cri/config.ts";
import { type ImageService, RuntimeError } from "../cri/runtime.ts";
import type { Image } from "../cri/state.ts";
import type { ReferencedObjects } from "../environment/objects.ts";
import { identityOf } from "../pods/pod.ts";
import { StartError } from "../pods/start-error.ts";
import { credentialsFor } from "./credentials.ts";
import { Limiter } from "./limiter.ts";
import { applyDefaultImageTag } from "./reference.ts";

const PULL_BACKOFF = { initialMs: 10_000, maximumMs: 300_000, resetAfterMs: 600_000 };
const PARALLEL_PULLS = 5;

export interface ImagePullerOptions {
  readonly images: ImageService;
  readonly objects: ReferencedObjects;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

/** An image that a container or a volume of a pod wants. */
export interface WantedImage {
  /** As the spec names it. */
  readonly name: string;
  readonly pullPolicy?: string | undefined;
  /** Of events about it; they are about the pod as a whole when absent. */
  readonly fieldPath?: string;
}

export interface ImagePuller {
  /**
   * The image, fetched where the pull policy says so. Rejects with StartError: InvalidImageName,
   * ImageInspectError, ErrImageNeverPull, ErrImagePull, ImagePullBackOff (with retryAtMs).
   */
  ensure(pod: Pod, wanted: WantedImage, sandboxConfig: PodSandboxConfig): Promise<Image>;
  /** The image of that name if it is there; nothing is pulled, and nobody is told. */
  present(name: string): Promise<Image | undefined>;
  /** Forgets the back-off of a pod's images. */
  forget(podUid: string): void;
}

export function createImagePuller(options: ImagePullerOptions): ImagePuller {
  return new NodeImagePuller(options);
}

/** A class, because thousands of kubelets of one process have one each. */
class NodeImagePuller implements ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #backoff: KeyedBackoff;
  readonly #limiter = new Limiter(PARALLEL_PULLS);
  #inFlight: Map<string, Promise<Pulled>> | undefined;

  constructor(options: ImagePullerOptions) {
    this.#options = options;
    this.#backoff = new KeyedBackoff(options.clock, PULL_BACKOFF);
  }

  async present(name: string): Promise<Image | undefined> {
    return this.#options.images.imageStatus(applyDefaultImageTag(name));
  }

  forget(podUid: string): void {
    this.#backoff.forget(`${podUid}_`);
  }

  async ensure(pod: Pod, wanted: WantedImage, sandboxConfig: PodSandboxConfig): Promise<Image> {
    const { images, events } = this.#options;
    const { name, pullPolicy: policy = "IfNotPresent", fieldPath } = wanted;
    const tell: Tell = (type, reason, message) =>
      events.event(pod, { type, reason, message, ...(fieldPath !== undefined && { fieldPath }) });
    const image = validName(name, tell);
    const present = await inspect(images, image, tell);
    if (present !== undefined && policy !== "Always") {
      tell("Normal", "Pulled", presentMessage(name));
      return present;
    }
    if (policy === "Never") {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      tell("Warning", "ErrImageNeverPull", message);
      throw new StartError("ErrImageNeverPull", message);
    }
    const backoffKey = `${identityOf(pod).uid}_${image}`;
    const retryAtMs = this.#backoff.waitUntil(backoffKey);
    if (retryAtMs !== undefined) {
      const message = `Back-off pulling image "${name}"`;
      tell("Normal", "BackOff", message);
      const why = `${message}: ErrImagePull: ${this.#backoff.detail(backoffKey)}`;
      throw new StartError("ImagePullBackOff", why, retryAtMs);
    }
    return this.#fetch(pod, { name, image, backoffKey, sandboxConfig }, tell);
  }

  async #fetch(
    pod: Pod,
    wanted: { name: string; image: string; backoffKey: string; sandboxConfig: PodSandboxConfig },
    tell: Tell,
  ): Promise<Image> {
    const { images, clock, objects } = this.#options;
    const { name, image, backoffKey, sandboxConfig } = wanted;
    tell("Normal", "Pulling", `Pulling image "${name}"`);
    const startMs = clock.monotonic();
    try {
      const credentials = credentialsFor(image, await pullSecrets(pod, objects));
      const { imageRef, pullMs } = await this.#pull(image, credentials, sandboxConfig);
      const pulled = (await images.imageStatus(imageRef)) ?? (await images.imageStatus(image));
      if (pulled === undefined) throw new Error(`the image "${name}" is gone right after it was pulled`);
      const totalMs = clock.monotonic() - startMs;
      tell(
        "Normal",
        "Pulled",
        `Successfully pulled image "${name}" in ${formatDuration(pullMs)} (${formatDuration(totalMs)} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
      );
      this.#backoff.reset(backoffKey);
      return pulled;
    } catch (error) {
      const cause = describe(error);
      tell("Warning", "Failed", `Failed to pull image "${name}": ${cause}`);
      this.#backoff.raise(backoffKey, clock.now(), cause);
      throw new StartError("ErrImagePull", cause, clock.now());
    }
  }

  /** Pods that want the same image with the same credentials share one pull. */
  #pull(image: string, credentials: readonly AuthConfig[], sandboxConfig: PodSandboxConfig): Promise<Pulled> {
    const { images, clock } = this.#options;
    const key = JSON.stringify([image, credentials]);
    const running = this.#inFlight?.get(key);
    if (running !== undefined) return running;
    const started = this.#limiter
      .run(async () => {
        const startMs = clock.monotonic();
        const imageRef = await pullWithAny(images, image, { credentials, sandboxConfig });
        return { imageRef, pullMs: clock.monotonic() - startMs };
      })
      .finally(() => {
        this.#inFlight?.delete(key);
        if (this.#inFlight?.size === 0) this.#inFlight = undefined;
      });
    this.#inFlight ??= new Map();
    this.#inFlight.set(key, started);
    return started;
  }
}

interface Pulled {
  readonly imageRef: string;
  readonly pullMs: number;
}

/** What the event Pulled says of an image that need not be pulled. */
export function presentMessage(name: string): string {
  return `Container image "${name}" already present on machine and can be accessed by the pod`;
}

type Tell = (type: "Normal" | "Warning", reason: string, message: string) => void;

function validName(name: string, tell: Tell): string {
  try {
    return applyDefaultImageTag(name);
  } catch (error) {
    const message = `Failed to apply default image tag "${name}": ${errorMessage(error)}`;
    tell("Warning", "InspectFailed", message);
    throw new StartError("InvalidImageName", message);
  }
}

async function inspect(images: ImageService, image: string, tell: Tell): Promise<Image | undefined> {
  try {
    return await images.imageStatus(image);
  } catch (error) {
    const message = `Failed to inspect image "${image}": ${describe(error)}`;
    tell("Warning", "InspectFailed", message);
    throw new StartError("ImageInspectError", message);
  }
}

async function pullWithAny(
  images: ImageService,
  image: string,
  { credentials, sandboxConfig }: { credentials: readonly AuthConfig[]; sandboxConfig: PodSandboxConfig },
): Promise<string> {
  if (credentials.length === 0) return images.pullImage(image, { sandboxConfig });
  let last: unknown;
  for (const auth of credentials) {
    try {
      return await images.pullImage(image, { auth, sandboxConfig });
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** Pull secrets that exist; one that is missing may not be needed, so the registry decides. */
async function pullSecrets(pod: Pod, objects: ReferencedObjects) {
  const { namespace } = identityOf(pod);
  const names = (pod.spec?.imagePullSecrets ?? []).map(({ name }) => name ?? "").filter((name) => name !== "");
  const found = await Promise.all(names.map((name) => objects.secret(namespace, name).catch(() => undefined)));
  return found.filter((secret) => secret !== undefined);
}

/** A runtime's error as clients of gRPC print it, which people search for. */
export function describe(error: unknown): string {
  if (!(error instanceof RuntimeError)) return errorMessage(error);
  return `rpc error: code = ${error.code} desc = ${error.message}`;
}
