import type { Endpoints } from "../api/generated/core/v1.ts";
import { encode } from "../apiserver/registry/codec.ts";
import { readableStore } from "../apiserver/registry/readable-store.ts";
import { STORAGE_ROOT } from "../apiserver/registry/storage-prefix.ts";
import type { ServerAddress } from "../bootstrap/kubernetes-service.ts";
import { KeyExistsError, RevisionMismatchError, type Store } from "../store/store.ts";

/** Where upstream's API servers say that they live (controlplane/reconcilers/lease.go); the keys go when nobody renews them. */
const PREFIX = `${STORAGE_ROOT}masterleases/`;
const TIME_TO_LIVE_SECONDS = 15;
const TRIES = 3;

export interface ServerPlaces {
  /** Says that this server lives. Answers all that do. */
  renew(): Promise<readonly ServerAddress[]>;
  /** Says that it does not. Answers those that do. */
  leave(): Promise<readonly ServerAddress[]>;
}

/** The living API servers of one store, each with a key that it renews. */
export function serverPlaces(shared: Store, own: ServerAddress): ServerPlaces {
  const store = readableStore(shared);
  const key = `${PREFIX}${own.address}:${own.port}`;
  const object: Endpoints = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "kubernetes" },
    subsets: [{ addresses: [{ ip: own.address }], ports: [{ name: "https", port: own.port, protocol: "TCP" }] }],
  };
  const living = async (): Promise<readonly ServerAddress[]> => {
    const { items } = await store.list({ prefix: PREFIX });
    return items.flatMap(({ value, unreadable }) => (unreadable === undefined ? addressesOf(value, own.port) : []));
  };
  const write = async (): Promise<void> => {
    const options = { timeToLiveSeconds: TIME_TO_LIVE_SECONDS };
    for (let attempt = 1; ; attempt++) {
      const stored = await store.get(key);
      try {
        if (stored === undefined) await store.create(key, encode(object), options);
        else await store.update(key, encode(object), stored.revision, options);
        return;
      } catch (error) {
        const again = error instanceof KeyExistsError || error instanceof RevisionMismatchError;
        if (!again || attempt >= TRIES) throw error;
      }
    }
  };
  return {
    async renew() {
      await write();
      return living();
    },
    async leave() {
      const stored = await store.get(key);
      if (stored !== undefined) await store.delete(key, stored.revision);
      return living();
    },
  };
}

/** Upstream's servers say no port: they all have the same. */
function addressesOf(value: Buffer, usualPort: number): ServerAddress[] {
  const { subsets = [] } = JSON.parse(value.toString()) as Endpoints;
  return subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.map(({ ip }) => ({ address: ip, port: ports[0]?.port ?? usualPort })),
  );
}
