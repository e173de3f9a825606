import type { ApiObject, ResourceReference } from "../../src/api/meta.ts";
import type { Transport, TransportRequest } from "../../src/client/transport.ts";

/** A transport whose watches stand still while a test wants that, as those of a server that is far away or busy. */
export interface HeldWatches {
  readonly transport: Transport;
  /** From now on watches of the resource tell nothing. */
  hold(resource: ResourceReference<ApiObject>): void;
  /** They tell what they held back, in order, and go on. */
  release(resource: ResourceReference<ApiObject>): void;
}

export function heldWatches(inner: Transport): HeldWatches {
  const held = new Map<string, PromiseWithResolvers<void>>();
  return {
    transport: {
      request: (request) => inner.request(request),
      text: (request) => inner.text(request),
      close: () => inner.close(),
      async *watch(request) {
        const aborted = new Promise<void>((resolve) => request.signal?.addEventListener("abort", () => resolve()));
        for await (const event of inner.watch(request)) {
          await Promise.race([held.get(resourceOf(request))?.promise, aborted]);
          yield event;
        }
      },
    },
    hold: ({ resource }) => void held.set(resource, held.get(resource) ?? Promise.withResolvers<void>()),
    release({ resource }) {
      held.get(resource)?.resolve();
      held.delete(resource);
    },
  };
}

function resourceOf({ path }: TransportRequest): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
