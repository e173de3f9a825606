import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuntimeService } from "../cri/runtime.ts";
import type { ContainerStatus, PodSandboxStatus } from "../cri/state.ts";
import { podLabels } from "../labels.ts";
import { createRuntimeCache } from "./runtime-cache.ts";

type Listed = { id: string; state: string; uid: string };

/** A runtime that has what the test says, and counts who asks for details. */
function scene() {
  const has = { sandboxes: [] as Listed[], containers: [] as Listed[] };
  const changed: string[] = [];
  let asked = 0;
  let meanwhile: (() => Promise<unknown>) | undefined;
  const shown = ({ id, state, uid }: Listed) => ({
    ...{ id, state, createdAtMs: 0, metadata: { name: id, attempt: 0 }, annotations: {}, podSandboxId: "s" },
    labels: podLabels({ uid, namespace: "default", name: uid }),
  });
  const detail = (list: readonly Listed[], id: string) => {
    asked++;
    return shown(list.find((each) => each.id === id)!);
  };
  const runtime = {
    listPodSandboxes: async () => has.sandboxes.map(shown),
    async listContainers() {
      const listed = has.containers.map(shown);
      const work = meanwhile;
      meanwhile = undefined;
      await work?.();
      return listed;
    },
    podSandboxStatus: async (id: string) => detail(has.sandboxes, id) as unknown as PodSandboxStatus,
    containerStatus: async (id: string) => detail(has.containers, id) as unknown as ContainerStatus,
  } as unknown as RuntimeService;
  const cache = createRuntimeCache({
    ...{ runtime, ownLabels: {}, terminationMessage: async () => "" },
    onChange: (uid) => void changed.push(uid),
  });
  return {
    ...{ has, cache },
    /** Something that goes on while the next list is on its way. */
    during: (work: () => Promise<unknown>) => void (meanwhile = work),
    /** Lists, and answers whose pods changed and how many details were asked for. */
    async relist() {
      changed.length = 0;
      asked = 0;
      await cache.relist();
      return { changed: changed.toSorted(), asked };
    },
  };
}

test("a list tells of what is other than before, and asks for nothing else", async () => {
  const { has, cache, relist } = scene();
  has.sandboxes = ["a", "b"].map((uid) => ({ id: `s-${uid}`, state: "SANDBOX_READY", uid }));
  has.containers = ["a", "b"].map((uid) => ({ id: `c-${uid}`, state: "CONTAINER_RUNNING", uid }));
  assert.deepEqual(await relist(), { changed: ["a", "b"], asked: 4 });
  assert.deepEqual(await relist(), { changed: [], asked: 0 });
  has.containers[1]!.state = "CONTAINER_EXITED";
  assert.deepEqual(await relist(), { changed: ["b"], asked: 1 });
  // As many as before, and not the same ones.
  has.containers = [{ id: "c-a2", state: "CONTAINER_RUNNING", uid: "a" }, has.containers[1]!];
  assert.deepEqual(await relist(), { changed: ["a"], asked: 1 });
  has.containers[0]!.uid = "c";
  assert.deepEqual((await relist()).changed, ["a", "c"]);
  has.sandboxes = [];
  has.containers = [];
  assert.deepEqual((await relist()).changed, ["a", "b", "c"]);
  assert.ok(cache.isEmpty());
});

test("a container that ends while another of its pod is looked at is not left out of the list", async () => {
  const { has, cache, relist, during } = scene();
  has.sandboxes = [{ id: "s", state: "SANDBOX_READY", uid: "a" }];
  has.containers = ["one", "two"].map((id) => ({ id, state: "CONTAINER_RUNNING", uid: "a" }));
  await relist();
  has.containers[0]!.state = "CONTAINER_EXITED";
  during(async () => {
    has.containers[1]!.state = "CONTAINER_EXITED";
    await cache.observeContainer("a", "two", "s");
  });
  await relist();
  assert.deepEqual(
    cache.get("a").containers.map(({ state }) => state),
    ["CONTAINER_EXITED", "CONTAINER_EXITED"],
  );
});

test("an answer that another one overtook does not bring a container back", async () => {
  const { has, cache, relist } = scene();
  has.sandboxes = [{ id: "s", state: "SANDBOX_READY", uid: "a" }];
  has.containers = [{ id: "c", state: "CONTAINER_EXITED", uid: "a" }];
  await relist();
  has.containers[0]!.state = "CONTAINER_RUNNING";
  await cache.observeContainer("a", "c", "s");
  assert.equal(cache.get("a").containers[0]?.state, "CONTAINER_EXITED");
});
