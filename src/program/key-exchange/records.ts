import { STORAGE_ROOT } from "../../apiserver/registry/storage-prefix.ts";
import { KeyExistsError, RevisionMismatchError, type Store } from "../../store/store.ts";
import type { SealedBox } from "./sealed-box.ts";

/** Beside all objects, where no API request leads. */
const PREFIX = `${STORAGE_ROOT}wherry/key-exchange/`;
const CURRENT = `${PREFIX}current`;
const ALIVE_SECONDS = 15;

/** What all servers are to have. */
export interface CurrentKeys {
  readonly generation: number;
  readonly digest: string;
}

/** A server, and what it has and uses. */
export interface ServerRecord extends CurrentKeys {
  readonly id: string;
  readonly name: string;
  /** PEM. */
  readonly publicKey: string;
}

/** The files of a generation, for a server that has those of an older one. */
export interface BoxRecord extends SealedBox {
  readonly from: number;
  readonly generation: number;
}

export interface Records {
  readonly current: (CurrentKeys & { readonly revision: number }) | undefined;
  readonly servers: ReadonlyMap<string, ServerRecord>;
  readonly alive: ReadonlySet<string>;
  readonly boxes: ReadonlyMap<string, BoxRecord>;
}

export async function readRecords(store: Store): Promise<Records> {
  const { items } = await store.list({ prefix: PREFIX });
  let current: Records["current"];
  const servers = new Map<string, ServerRecord>();
  const alive = new Set<string>();
  const boxes = new Map<string, BoxRecord>();
  for (const { key, value, revision } of items) {
    const [kind, id = ""] = key.slice(PREFIX.length).split("/");
    if (kind === "alive") alive.add(id);
    else if (kind === "current") current = { ...parsed<CurrentKeys>(key, value), revision };
    else if (kind === "servers") servers.set(id, parsed<ServerRecord>(key, value));
    else if (kind === "boxes") boxes.set(id, parsed<BoxRecord>(key, value));
  }
  return { current, servers, alive, boxes };
}

/** Says what all are to have from now on. False when another server has said something meanwhile. */
export async function announce(store: Store, next: CurrentKeys, after: Records["current"]): Promise<boolean> {
  const value = Buffer.from(JSON.stringify(next));
  try {
    if (after === undefined) await store.create(CURRENT, value);
    else await store.update(CURRENT, value, after.revision);
    return true;
  } catch (error) {
    if (error instanceof KeyExistsError || error instanceof RevisionMismatchError) return false;
    throw error;
  }
}

export const writeServer = (store: Store, server: ServerRecord): Promise<void> =>
  put(store, `servers/${server.id}`, server);

export const writeAlive = (store: Store, id: string): Promise<void> => put(store, `alive/${id}`, {}, ALIVE_SECONDS);

export const writeBox = (store: Store, id: string, box: BoxRecord): Promise<void> => put(store, `boxes/${id}`, box);

/** Takes away what is known of a server: nobody waits for it any more. */
export async function forget(store: Store, id: string): Promise<void> {
  for (const kind of ["boxes", "servers", "alive"]) await remove(store, `${kind}/${id}`);
}

export const leave = (store: Store, id: string): Promise<void> => remove(store, `alive/${id}`);

async function put(store: Store, name: string, value: object, timeToLiveSeconds?: number): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(value));
  const options = timeToLiveSeconds === undefined ? {} : { timeToLiveSeconds };
  const stored = await store.get(PREFIX + name);
  try {
    if (stored === undefined) await store.create(PREFIX + name, bytes, options);
    else await store.update(PREFIX + name, bytes, stored.revision, options);
  } catch (error) {
    // Another writer, or a lease that has just run out: the next round writes again.
    if (!(error instanceof KeyExistsError || error instanceof RevisionMismatchError)) throw error;
  }
}

async function remove(store: Store, name: string): Promise<void> {
  const stored = await store.get(PREFIX + name);
  if (stored === undefined) return;
  try {
    await store.delete(PREFIX + name, stored.revision);
  } catch (error) {
    if (!(error instanceof RevisionMismatchError)) throw error;
  }
}

function parsed<T>(key: string, value: Buffer): T {
  try {
    return JSON.parse(value.toString()) as T;
  } catch {
    throw new Error(`etcd holds under ${key} what Wherry did not write there`);
  }
}
