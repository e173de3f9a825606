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

interface Entry {
  identity: PodIdentity;
  state: PodRuntimeState;
  /** Counts own observations: a list that began before one of them must not undo it. */
  version: number;
}

export function createRuntimeCache(options: RuntimeCacheOptions): RuntimeCache {
  const { runtime, ownLabels, onChange } = options;
  const entries = new Map<string, Entry>();
  const listeners = new Set<(uid: string) => void>();
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;

  function entryOf(uid: string, identity?: PodIdentity): Entry {
    let entry = entries.get(uid);
    if (entry === undefined) {
      entry = { identity: identity ?? { uid, namespace: "", name: "" }, state: NOTHING, version: 0 };
      entries.set(uid, entry);
    }
    if (identity !== undefined) entry.identity = identity;
    return entry;
  }

  function update(uid: string, change: (state: PodRuntimeState) => PodRuntimeState, identity?: PodIdentity): void {
    const entry = entryOf(uid, identity);
    entry.state = change(entry.state);
    entry.version++;
    if (entry.state.sandboxes.length === 0 && entry.state.containers.length === 0) entries.delete(uid);
    for (const listener of listeners) listener(uid);
  }

  async function describe(status: ContainerStatus, podSandboxId: string): Promise<PodContainerStatus> {
    const ended = status.state === "CONTAINER_EXITED";
    return { ...status, podSandboxId, terminationMessage: ended ? await options.terminationMessage(status) : "" };
  }

  /** A container's full status; the known one while its state is the same. Undefined when it is gone by now. */
  async function detail(
    known: readonly PodContainerStatus[],
    found: { id: string; state: ContainerState; podSandboxId: string },
  ): Promise<PodContainerStatus | undefined> {
    const same = known.find(({ id, state }) => id === found.id && state === found.state);
    if (same !== undefined && found.state !== UNKNOWN) return same;
    try {
      return await describe(await runtime.containerStatus(found.id), found.podSandboxId);
    } catch (error) {
      if (error instanceof RuntimeError && error.code === "NotFound") return undefined;
      throw error;
    }
  }

  async function sandboxDetail(known: readonly PodSandboxStatus[], found: { id: string; state: string }) {
    const same = known.find(({ id, state }) => id === found.id && state === found.state);
    if (same !== undefined) return same;
    try {
      return await runtime.podSandboxStatus(found.id);
    } catch (error) {
      if (error instanceof RuntimeError && error.code === "NotFound") return undefined;
      throw error;
    }
  }

  /** Whether a list shows what is known of all pods and nothing else. It nearly always does, and then it costs little. */
  function isAllKnown(sandboxes: readonly Listed[], containers: readonly Listed[]): boolean {
    const stateOf = ({ labels }: Labelled) => entries.get(podUid(labels) ?? "")?.state ?? NOTHING;
    let known = 0;
    for (const { state } of entries.values()) known += state.sandboxes.length + state.containers.length;
    return (
      known === sandboxes.length + containers.length &&
      sandboxes.every((found) => isKnown(stateOf(found).sandboxes, found)) &&
      containers.every((found) => isKnown(stateOf(found).containers, found))
    );
  }

  /** Answers whether a pod was left out that is other than it was listed, because it was observed meanwhile. */
  async function list(): Promise<boolean> {
    const versions = new Map([...entries].map(([uid, { version }]) => [uid, version]));
    const [sandboxes, containers] = await Promise.all([
      runtime.listPodSandboxes({ labels: ownLabels }),
      runtime.listContainers({ labels: ownLabels }),
    ]);
    if (isAllKnown(sandboxes, containers)) return false;
    const uids = new Set(entries.keys());
    const sandboxesOf = Map.groupBy(sandboxes, uidOf);
    const containersOf = Map.groupBy(containers, uidOf);
    for (const uid of [...sandboxesOf.keys(), ...containersOf.keys()]) if (uid !== undefined) uids.add(uid);
    let isLeftOut = false;
    const isOther = (uid: string) =>
      !isAsKnown(entries.get(uid)?.state ?? NOTHING, sandboxesOf.get(uid) ?? [], containersOf.get(uid) ?? []);
    await Promise.all(
      [...uids].filter(isOther).map(async (uid) => {
        const before = entries.get(uid)?.state ?? NOTHING;
        const [boxes, statuses] = await Promise.all([
          Promise.all((sandboxesOf.get(uid) ?? []).map((found) => sandboxDetail(before.sandboxes, found))),
          Promise.all((containersOf.get(uid) ?? []).map((found) => detail(before.containers, found))),
        ]);
        if ((entries.get(uid)?.version ?? 0) !== (versions.get(uid) ?? 0)) {
          isLeftOut ||= isOther(uid);
          return;
        }
        const after: PodRuntimeState = {
          sandboxes: newestFirst(boxes.filter((box) => box !== undefined)),
          containers: newestFirst(statuses.filter((status) => status !== undefined)),
        };
        if (same(before, after)) return;
        update(uid, () => after, identityIn([...after.sandboxes, ...after.containers]));
        onChange(uid);
      }),
    );
    return isLeftOut;
  }

  /** What a first list had to leave out, a second one nearly always shows. */
  async function listAll(): Promise<void> {
    if (await list()) await list();
  }

  return {
    get: (uid) => entries.get(uid)?.state ?? NOTHING,
    identities: () => [...entries.values()].map(({ identity }) => identity),
    isEmpty: () => entries.size === 0,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    relist() {
      if (running === undefined) {
        running = listAll().finally(() => {
          running = undefined;
        });
        return running;
      }
      // The one that runs may have looked before what the caller wants to see; one more serves all who wait.
      queued ??= running
        .catch(() => {})
        .then(() => {
          queued = undefined;
          return this.relist();
        });
      return queued;
    },
    podOf(containerId) {
      for (const [uid, { state }] of entries) {
        if (state.containers.some(({ id }) => id === containerId)) return uid;
        if (state.sandboxes.some(({ id }) => id === containerId)) return uid;
      }
      return undefined;
    },
    async observeContainer(uid, containerId, podSandboxId) {
      const status = await describe(await runtime.containerStatus(containerId), podSandboxId);
      update(uid, (state) => withContainer(state, status), podIdentity(status.labels));
      return status;
    },
    noteStarted(uid, podSandboxId, status) {
      update(uid, (state) => withContainer(state, { ...status, podSandboxId, terminationMessage: "" }));
    },
    async observeSandbox(uid, podSandboxId) {
      const status = await runtime.podSandboxStatus(podSandboxId);
      update(uid, (state) => withSandbox(state, status), podIdentity(status.labels));
      return status;
    },
    forgetContainer: (uid, containerId) => update(uid, (state) => withoutContainer(state, containerId)),
    forgetSandbox: (uid, podSandboxId) => update(uid, (state) => withoutSandbox(state, podSandboxId)),
  };
}

type Labelled = { readonly labels: Readonly<Record<string, string>> };

function uidOf({ labels }: Labelled): string | undefined {
  return podUid(labels);
}

function identityIn([first]: readonly Labelled[]): PodIdentity | undefined {
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
