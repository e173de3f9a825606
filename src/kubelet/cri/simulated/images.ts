import { createHash } from "node:crypto";
import { type Clock, sleep } from "../../../base/clock.ts";
import { createInterner } from "../../../base/intern.ts";
import { type ImageService, RuntimeError } from "../runtime.ts";
import type { FilesystemUsage, Image } from "../state.ts";
import type { SimulationRules } from "./rules.ts";

/** Very many nodes have the same ones. */
const internImage = createInterner<Image>();

/** The images of a simulated node. */
export class SimulatedImages implements ImageService {
  readonly #clock: Clock;
  readonly #rules: SimulationRules;
  #images: readonly Image[] = NONE;

  constructor(clock: Clock, rules: SimulationRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  async listImages(): Promise<Image[]> {
    return [...this.#images];
  }

  async imageStatus(image: string): Promise<Image | undefined> {
    return this.#find(image);
  }

  #find(image: string): Image | undefined {
    return this.#images.find(
      ({ id, repoTags, repoDigests }) => id === image || repoTags.includes(image) || repoDigests.includes(image),
    );
  }

  async pullImage(image: string): Promise<string> {
    const pulled = this.#rules.pull(image);
    await sleep(this.#clock, pulled.durationMs);
    if ("error" in pulled) throw new RuntimeError("NotFound", pulled.error);
    const present = this.#find(image);
    if (present !== undefined) return present.id;
    const made = internImage(imageOf(image, pulled.sizeBytes));
    this.#images = [...this.#images.filter(({ id }) => id !== made.id), made];
    return made.id;
  }

  async removeImage(image: string): Promise<void> {
    const found = this.#find(image);
    this.#images = this.#images.filter((each) => each !== found);
  }

  async imageFsInfo(): Promise<FilesystemUsage[]> {
    const usedBytes = this.#images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return [{ timestampMs: this.#clock.now(), mountpoint: "/simulated", usedBytes, inodesUsed: this.#images.length }];
  }
}

const NONE: readonly Image[] = [];

function imageOf(image: string, sizeBytes: number): Image {
  const id = `sha256:${createHash("sha256").update(image).digest("hex")}`;
  const repository = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  const isDigest = image.includes("@");
  return {
    id,
    repoTags: isDigest ? [] : [image],
    repoDigests: [isDigest ? image : `${repository}@${id}`],
    sizeBytes,
    username: "",
    pinned: false,
  };
}
