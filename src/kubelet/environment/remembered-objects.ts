import type { Clock } from "../../base/clock.ts";
import type { ReferencedObjects } from "./objects.ts";

const REMEMBERED_MS = 1000;
/** So many are kept before those that are too old are looked for. */
const SWEEP_AT = 1000;

/**
 * For many kubelets of one process whose containers do not really run: what one of them was told a second ago is new enough
 * for the others. That something is missing is never remembered.
 */
export function rememberedObjects(objects: ReferencedObjects, clock: Clock): ReferencedObjects {
  const runtimeClass = remembered((_, name) => objects.runtimeClass(name), clock);
  return {
    configMap: remembered((namespace, name) => objects.configMap(namespace, name), clock),
    secret: remembered((namespace, name) => objects.secret(namespace, name), clock),
    runtimeClass: (name) => runtimeClass("", name),
  };
}

type Get<T> = (namespace: string, name: string) => Promise<T>;

function remembered<T>(get: Get<T>, clock: Clock): Get<T> {
  const known = new Map<string, { untilMs: number; answer: Promise<T> }>();
  return (namespace, name) => {
    const key = `${namespace}/${name}`;
    const nowMs = clock.monotonic();
    const found = known.get(key);
    if (found !== undefined && nowMs < found.untilMs) return found.answer;
    if (known.size >= SWEEP_AT) for (const [old, { untilMs }] of known) if (nowMs >= untilMs) known.delete(old);
    const entry = { untilMs: nowMs + REMEMBERED_MS, answer: get(namespace, name) };
    known.set(key, entry);
    entry.answer.catch(() => {
      if (known.get(key) === entry) known.delete(key);
    });
    return entry.answer;
  };
}
