import { customResourceDefinitions } from "../../api/generated/resources.ts";
import { present } from "../../base/assert.ts";
import type { CustomResourcesOptions } from "./custom-resources-options.ts";
import type { DefinitionController } from "./definition-controller.ts";
import type { KeptDefinition } from "./kept-definition.ts";
import { storedDefinition } from "./stored-definition.ts";

export interface CustomResources {
  /** Resolves when every definition that is durable now has been taken notice of. */
  fresh(): Promise<void>;
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
    async close() {
      unfollow();
      await loading;
      await controller?.close();
    },
  };
}
