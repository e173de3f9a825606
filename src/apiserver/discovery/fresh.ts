import type { PathHandler } from "../handlers/handler.ts";

/** Stands before the handlers of discovery and of API documents, so that they tell of every resource that somebody may know by now. */
export function discoveryFresh(fresh: () => Promise<void> | undefined): PathHandler {
  return async ({ path }) => {
    if (/^\/(api|apis|openapi)(\/|$)/.test(path)) await fresh();
    return undefined;
  };
}
