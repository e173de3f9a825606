import { RuntimeError, type RuntimeService } from "../cri/runtime.ts";
import type { ContainerState, ContainerStatus, PodSandboxStatus } from "../cri/state.ts";
import { type PodIdentity, podIdentity, podUid } from "../labels.ts";
import {
  NOTHING,
  newestFirst,
  type PodContainerStatus,
  type PodRuntimeState,
  withContainer,
  withoutContainer,
  withoutSandbox,
  withSandbox,
} from "./runtime-state.ts";

export interface RuntimeCacheOptions {
  readonly runtime: RuntimeService;
  /** Only what carries these labels is ours. */
  readonly ownLabels: Readonly<Record<string, string>>;
  /** What an exited container says about its end. */
  terminationMessage(status: ContainerStatus): Promise<string>;
  /** Something about the pod is other than it was. */
  onChange(uid: string): void;
}

/** What the runtime has, a pod; never older than the last own action on that pod. */
export interface RuntimeCache {
  get(uid: string): PodRuntimeState;
  identities(): PodIdentity[];
  isEmpty(): boolean;
  /** Asks the runtime for everything, and tells of pods that changed. Calls at the same time share one. */
  relist(): Promise<void>;
  /** Calls back with a pod's uid whenever what is known of it changed, by whomever. Answers how to stop. */
  subscribe(listener: (uid: string) => void): () => void;
  podOf(containerId: string): string | undefined;
  /** Asks for one container that was just made, changed or seen in an event. */
  observeContainer(uid: string, containerId: string, podSandboxId: string): Promise<PodContainerStatus>;
  observeSandbox(uid: string, podSandboxId: string): Promise<PodSandboxStatus>;
  /** Takes a container for running that the runtime has just said it started. To be observed after that. */
  noteStarted(uid: string, podSandboxId: string, status: ContainerStatus): void;
  forgetContainer(uid: string, containerId: string): void;
  forgetSandbox(uid: string, podSandboxId: string): void;
}

/**
 * What is known of a pod is replaced and never changed: a list that began before an own observation sees by that that it must not
 * undo it.
 */
export function createRuntimeCache(options: RuntimeCacheOptions): RuntimeCache {
  return new ObservedRuntime(options);
}

/** A class, because thousands of kubelets of one process have one each. */
class ObservedRuntime implements RuntimeCache {
  readonly #options: RuntimeCacheOptions;
  readonly #states = new Map<string, PodRuntimeState>();
  #listeners: readonly ((uid: string) => void)[] = [];
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  constructor(options: RuntimeCacheOptions) {
    this.#options = options;
  }

  get(uid: string): PodRuntimeState {
    return this.#states.get(uid) ?? NOTHING;
  }

  identities(): PodIdentity[] {
    return [...this.#states].map(([uid, state]) => identityIn(state) ?? { uid, namespace: "", name: "" });
  }

  isEmpty(): boolean {
    return this.#states.size === 0;
  }

  subscribe(listener: (uid: string) => void): () => void {
    const each = (uid: string): void => listener(uid);
    this.#listeners = [...this.#listeners, each];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== each);
    };
  }

  #update(uid: string, state: PodRuntimeState): void {
    if (state.sandboxes.length === 0 && state.containers.length === 0) this.#states.delete(uid);
    else this.#states.set(uid, state);
    for (const listener of this.#listeners) listener(uid);
  }

  async #describe(status: ContainerStatus, podSandboxId: string): Promise<PodContainerStatus> {
    if (status.state !== "CONTAINER_EXITED") return isOf(status, podSandboxId) ? status : { ...status, podSandboxId };
    return { ...status, podSandboxId, terminationMessage: await this.#options.terminationMessage(status) };
  }

  /** A container's full status; the known one while its state is the same. Undefined when it is gone by now. */
  async #detail(
    known: readonly PodContainerStatus[],
    found: { id: string; state: ContainerState; podSandboxId: string },
  ): Promise<PodContainerStatus | undefined> {
    const same = known.find(({ id, state }) => id === found.id && state === found.state);
    if (same !== undefined && found.state !== UNKNOWN) return same;
    return unlessGone(async () =>
      this.#describe(await this.#options.runtime.containerStatus(found.id), found.podSandboxId),
    );
  }

  async #sandboxDetail(known: readonly PodSandboxStatus[], found: { id: string; state: string }) {
    const same = known.find(({ id, state }) => id === found.id && state === found.state);
    return same ?? (await unlessGone(() => this.#options.runtime.podSandboxStatus(found.id)));
  }

  /** Whether a list shows what is known of all pods and nothing else. It nearly always does, and then it costs little. */
  #isAllKnown(sandboxes: readonly Listed[], containers: readonly Listed[]): boolean {
    const stateOf = ({ labels }: Labelled) => this.get(podUid(labels) ?? "");
    let known = 0;
    for (const state of this.#states.values()) known += state.sandboxes.length + state.containers.length;
    return (
      known === sandboxes.length + containers.length &&
      sandboxes.every((found) => isKnown(stateOf(found).sandboxes, found)) &&
      containers.every((found) => isKnown(stateOf(found).containers, found))
    );
  }

  /** Answers whether a pod was left out that is other than it was listed, because it was observed meanwhile. */
  async #list(): Promise<boolean> {
    const { runtime, ownLabels } = this.#options;
    const begun = new Map(this.#states);
    const [sandboxes, containers] = await Promise.all([
      runtime.listPodSandboxes({ labels: ownLabels }),
      runtime.listContainers({ labels: ownLabels }),
    ]);
    if (this.#isAllKnown(sandboxes, containers)) return false;
    const uids = new Set(this.#states.keys());
    const sandboxesOf = Map.groupBy(sandboxes, uidOf);
    const containersOf = Map.groupBy(containers, uidOf);
    for (const uid of [...sandboxesOf.keys(), ...containersOf.keys()]) if (uid !== undefined) uids.add(uid);
    let isLeftOut = false;
    const isOther = (uid: string) => !isAsKnown(this.get(uid), sandboxesOf.get(uid) ?? [], containersOf.get(uid) ?? []);
    await Promise.all(
      [...uids].filter(isOther).map(async (uid) => {
        const before = this.get(uid);
        const [boxes, statuses] = await Promise.all([
          Promise.all((sandboxesOf.get(uid) ?? []).map((found) => this.#sandboxDetail(before.sandboxes, found))),
          Promise.all((containersOf.get(uid) ?? []).map((found) => this.#detail(before.containers, found))),
        ]);
        if (this.#states.get(uid) !== begun.get(uid)) {
          isLeftOut ||= isOther(uid);
          return;
        }
        const after: PodRuntimeState = {
          sandboxes: newestFirst(boxes.filter((box) => box !== undefined)),
          containers: newestFirst(statuses.filter((status) => status !== undefined)),
        };
        if (same(before, after)) return;
        this.#update(uid, after);
        this.#options.onChange(uid);
      }),
    );
    return isLeftOut;
  }

  /** What a first list had to leave out, a second one nearly always shows. */
  async #listAll(): Promise<void> {
    try {
      if (await this.#list()) await this.#list();
    } finally {
      this.#running = undefined;
    }
  }

  relist(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#listAll();
      return this.#running;
    }
    // The one that runs may have looked before what the caller wants to see; one more serves all who wait.
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = undefined;
        return this.relist();
      });
    return this.#queued;
  }

  podOf(containerId: string): string | undefined {
    for (const [uid, state] of this.#states) {
      if (state.containers.some(({ id }) => id === containerId)) return uid;
      if (state.sandboxes.some(({ id }) => id === containerId)) return uid;
    }
    return undefined;
  }

  async observeContainer(uid: string, containerId: string, podSandboxId: string): Promise<PodContainerStatus> {
    const status = await this.#describe(await this.#options.runtime.containerStatus(containerId), podSandboxId);
    this.#update(uid, withContainer(this.get(uid), status));
    return status;
  }

  noteStarted(uid: string, podSandboxId: string, status: ContainerStatus): void {
    this.#update(uid, withContainer(this.get(uid), { ...status, podSandboxId }));
  }

  async observeSandbox(uid: string, podSandboxId: string): Promise<PodSandboxStatus> {
    const status = await this.#options.runtime.podSandboxStatus(podSandboxId);
    this.#update(uid, withSandbox(this.get(uid), status));
    return status;
  }

  forgetContainer(uid: string, containerId: string): void {
    this.#update(uid, withoutContainer(this.get(uid), containerId));
  }

  forgetSandbox(uid: string, podSandboxId: string): void {
    this.#update(uid, withoutSandbox(this.get(uid), podSandboxId));
  }
}

/** Undefined for what the runtime no longer has. */
async function unlessGone<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "NotFound") return undefined;
    throw error;
  }
}

/** A status that says so itself is kept as it is: the simulated runtime has the same one. */
function isOf(status: ContainerStatus, podSandboxId: string): status is PodContainerStatus {
  return status.podSandboxId === podSandboxId;
}

type Labelled = { readonly labels: Readonly<Record<string, string>> };

function uidOf({ labels }: Labelled): string | undefined {
  return podUid(labels);
}

function identityIn({ sandboxes, containers }: PodRuntimeState): PodIdentity | undefined {
  const first: Labelled | undefined = sandboxes[0] ?? containers[0];
  return first && podIdentity(first.labels);
}

/** Whether a list shows nothing but what is known, so that nobody has to be asked for details. */
function isAsKnown(
  { sandboxes, containers }: PodRuntimeState,
  boxes: readonly Found[],
  found: readonly Found[],
): boolean {
  return showsAll(sandboxes, boxes) && showsAll(containers, found);
}

interface Found {
  readonly id: string;
  readonly state: string;
}

type Listed = Found & Labelled;

function showsAll(known: readonly Found[], found: readonly Found[]): boolean {
  return known.length === found.length && found.every((each) => isKnown(known, each));
}

function isKnown(known: readonly Found[], found: Found): boolean {
  return found.state !== UNKNOWN && known.some(({ id, state }) => id === found.id && state === found.state);
}

const UNKNOWN: ContainerState = "CONTAINER_UNKNOWN";

/** Whether nothing changed: details are kept by identity while a state lasts. */
function same(before: PodRuntimeState, after: PodRuntimeState): boolean {
  const equal = (one: readonly unknown[], other: readonly unknown[]) =>
    one.length === other.length && one.every((item, index) => item === other[index]);
  return equal(before.sandboxes, after.sandboxes) && equal(before.containers, after.containers);
}
