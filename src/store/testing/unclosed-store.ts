import type { Store } from "../store.ts";

/** A store that several have; its owner closes it. */
export function unclosedStore(store: Store): Store {
  const bound = (name: string | symbol): unknown => {
    const value: unknown = Reflect.get(store, name);
    return typeof value === "function" ? value.bind(store) : value;
  };
  return new Proxy(store, { get: (_, name) => (name === "close" ? async () => {} : bound(name)) });
}
