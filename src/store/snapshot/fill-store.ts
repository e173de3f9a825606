import { errorMessage } from "../../base/assert.ts";
import type { Store } from "../store.ts";
import { SnapshotError, type StateObject, type StoreState } from "./state.ts";

/** Writes on their way at the same time. */
const WRITERS = 64;
/** The store's revision is raised above the restored one, by so much, by writing. */
const MARGIN = 10_000;
/** More than this would take longer than anybody waits, and leave as much behind. */
const RAISE_MAXIMUM = 200_000;

/**
 * Writes a state into a store that is in use by others (etcd), below a prefix at which nothing is. There objects get new
 * revisions, above all that they ever had: whoever watches from before gets "410 Gone".
 * @throws SnapshotError before anything is changed; or, with what to do, when the store fails on the way
 */
export async function fillStore(store: Store, state: StoreState, prefix: string): Promise<void> {
  const there = await store.list({ prefix, limit: 1 });
  if (there.items.length > 0) {
    throw new SnapshotError(
      `there are ${there.remaining + 1} objects below the prefix already, such as ${there.items[0]?.key}: choose another --etcd-prefix or an empty etcd`,
    );
  }
  const missing = state.revision + MARGIN - there.revision;
  if (missing > RAISE_MAXIMUM) {
    throw new SnapshotError(
      `etcd is at revision ${there.revision} and the objects come from revision ${state.revision}: clients would see revisions go back. ` +
        "Write an etcd snapshot instead (wherry store export) and start etcd from it (etcdctl snapshot restore), which keeps revisions",
    );
  }
  let written = 0;
  try {
    await raise(store, state.revision + MARGIN, prefix);
    await inParallel(state.objects, async ({ key, value, secondsLeft }) => {
      await store.create(key, value, secondsLeft === undefined ? {} : { timeToLiveSeconds: secondsLeft });
      written++;
    });
    await store.compact(store.revision());
  } catch (error) {
    throw new SnapshotError(
      `only ${written} of ${state.objects.length} objects were written: ${errorMessage(error)}. Remove what is below the prefix, and begin anew`,
    );
  }
}

async function raise(store: Store, revision: number, prefix: string): Promise<void> {
  const keys = Array.from({ length: WRITERS }, (_, index) => `${prefix}wherry/raised/${index}`);
  await Promise.all(
    keys.map(async (key) => {
      while (store.revision() < revision) {
        const created = await store.create(key, Buffer.from("-"));
        await store.delete(key, created.revision);
      }
    }),
  );
}

async function inParallel(
  objects: readonly StateObject[],
  write: (object: StateObject) => Promise<void>,
): Promise<void> {
  const left = objects[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const object of left) await write(object);
  };
  await Promise.all(Array.from({ length: WRITERS }, work));
}
