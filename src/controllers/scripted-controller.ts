import { type AnyObject, type ApiObject, keyOf, type ResourceReference } from "../api/meta.ts";
import { notFound } from "../api/status.ts";
import { silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { Client, collectionPath } from "../client/client.ts";
import type { RecordedEvent } from "../client/events.ts";
import { createInformerSet } from "../client/informer-set.ts";
import { createScriptedTransport } from "../client/scripted-transport.ts";
import type { TransportRequest, WatchEvent } from "../client/transport.ts";
import type { ControllerFactory } from "./reconciler.ts";
import { runController } from "./runner.ts";

export interface ScriptedController {
  readonly clock: VirtualClock;
  /** What the controller told people: `reason: message`. */
  readonly told: string[];
  /** What it wrote, oldest first: `PATCH nodes/a/status`. */
  writes(): string[];
  /** Bodies of those writes. */
  readonly bodies: unknown[];
  /** Tells the controller of a change. */
  push(resource: ResourceReference<ApiObject>, object: AnyObject, type?: WatchEvent["type"]): Promise<void>;
  stop(): Promise<void>;
}

/** For tests: one controller that sees what the test tells it, on a clock that the test moves. Nothing is stored. */
export async function startScripted(
  factory: ControllerFactory,
  objects: readonly (readonly [ResourceReference<ApiObject>, AnyObject])[] = [],
): Promise<ScriptedController> {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const told: string[] = [];
  const bodies: unknown[] = [];
  const known = new Map(objects.map(([resource, object]) => [idOf(resource, object), object]));
  const transport = createScriptedTransport((request) => {
    if (request.method !== "GET") {
      bodies.push(request.body);
      return {};
    }
    return get(known, request);
  });
  const client = new Client(transport);
  const base = { client, clock, random: seededRandom(1), log: silentLogger };
  const informers = createInformerSet(base);
  const events = {
    event: (_about: ApiObject, event: RecordedEvent) => void told.push(`${event.reason}: ${event.message}`),
  };
  const controller = factory({ ...base, informers, events });
  await informers.start();
  const running = runController(controller, { clock, log: silentLogger, signal: stop.signal });
  await settle();
  let revision = 1;
  return {
    clock,
    told,
    bodies,
    writes: () =>
      transport.requests
        .filter(({ method }) => method !== "GET")
        .map(
          ({ method, path }) =>
            `${method} ${path.replace(/^\/(api\/v1|apis\/[^/]+\/[^/]+)\/(namespaces\/[^/]+\/(?=.))?/, "")}`,
        ),
    async push(resource, object, type = "MODIFIED") {
      revision++;
      const changed = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
      if (type === "DELETED") known.delete(idOf(resource, object));
      else known.set(idOf(resource, object), changed);
      for (const watch of transport.watches) {
        const watched = [collectionPath(resource), collectionPath(resource, object.metadata?.namespace)];
        if (watched.includes(watch.request.path)) watch.events.push({ type, object: changed });
      }
      await settle();
    },
    async stop() {
      stop.abort();
      await running;
      await informers.stop();
    },
  };
}

function idOf(resource: ResourceReference<ApiObject>, object: ApiObject): string {
  return `${resource.resource} ${keyOf(object)}`;
}

/** A list of what is known of a resource, or one object of it. */
function get(known: ReadonlyMap<string, AnyObject>, { path }: TransportRequest): AnyObject {
  const [, namespace, resource = "", name] =
    /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/[^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (name !== undefined) {
    const found = known.get(`${resource} ${namespace === undefined ? name : `${namespace}/${name}`}`);
    if (found === undefined) throw notFound({ group: "", resource }, name);
    return found;
  }
  const items = [...known]
    .filter(([id]) => id.startsWith(`${resource} ${namespace === undefined ? "" : `${namespace}/`}`))
    .map(([, object]) => object);
  return { metadata: { resourceVersion: "1" }, items } as AnyObject;
}
