import { customResourceDefinitions } from "../../api/generated/resources.ts";
import { present } from "../../base/assert.ts";
import type { CustomResourcesOptions } from "./custom-resources-options.ts";
import type { DefinitionController } from "./definition-controller.ts";
import type { KeptDefinition } from "./kept-definition.ts";
import { storedDefinition } from "./stored-definition.ts";

export interface CustomResources {
  /** Resolves when every definition that is durable now has been taken notice of. */
  fresh(): Promise<void>;
  /** Groups of definitions that cannot be read, or be served as they are stored: what they served is not known to be over. */
  unreadGroups(): ReadonlySet<string>;
  /** Calls back when one of those may be another. Answers how to stop. */
  onUnread(listener: () => void): () => void;
  close(): Promise<void>;
}

/**
 * Follows the definitions: serves each that is established, and writes their status. Every API server does so by itself; they
 * meet in the status, which is the same whoever writes it. Resolves when the definitions that are there are served. Nothing
 * of it is loaded before there is a definition.
 */
export async function startCustomResources(options: CustomResourcesOptions): Promise<CustomResources> {
  const { group, version, resource } = customResourceDefinitions;
  const { storage } = present(options.table.find(group, version, resource), "the resource of definitions");
  const early: [string, KeptDefinition | undefined][] = [];
  const broken = new Set<string>();
  const listeners = new Set<() => void>();
  let controller: DefinitionController | undefined;
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    const { definitionController } = await import("./definition-controller.ts");
    controller = definitionController(options, fresh);
    for (const [name, definition] of early.splice(0)) controller.changed(name, definition);
  }

  async function fresh(): Promise<void> {
    await storage.cache.fresh();
    await loading;
  }

  function unreadGroups(): ReadonlySet<string> {
    const names = [...storage.cache.unreadableKeys()].map((key) => key.slice(storage.prefix.length));
    return new Set([...names, ...broken].filter((name) => name.includes(".")).map(groupOf));
  }

  /** @param isBroken something is stored there, and it is no definition */
  function noteBroken(name: string, isBroken: boolean): void {
    if (broken.has(name) === isBroken) return;
    if (isBroken) broken.add(name);
    else broken.delete(name);
    for (const listener of listeners) listener();
  }

  function told(name: string, definition: KeptDefinition | undefined): void {
    if (controller !== undefined) controller.changed(name, definition);
    else {
      early.push([name, definition]);
      loading ??= load();
    }
  }

  const unfollow = await storage.cache.follow(({ before, after }) => {
    const { key } = present(after ?? before, "a change has a before or an after");
    const name = key.slice(storage.prefix.length);
    const stored = after && storedDefinition(name, after);
    noteBroken(name, stored !== undefined && "problem" in stored);
    if (stored === undefined) return told(name, undefined);
    if ("definition" in stored) return told(name, stored.definition);
    options.log.error("a custom resource definition cannot be served, as it is stored", {
      key,
      problem: stored.problem,
    });
    // Another one may have been there before.
    if (before !== undefined) told(name, undefined);
  });
  await loading;
  return {
    fresh,
    unreadGroups,
    onUnread(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      unfollow();
      await loading;
      await controller?.close();
    },
  };
}

/** Definitions are named `plural.group`. */
function groupOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}
