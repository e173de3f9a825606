import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions } from "../../api/generated/resources.ts";
import { present } from "../../base/assert.ts";
import type { CustomResourcesOptions } from "./custom-resources-options.ts";
import type { DefinitionController } from "./definition-controller.ts";
import { type KeptDefinition, keptDefinition } from "./kept-definition.ts";

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

  const unfollow = await options.reader.follow<CustomResourceDefinition>(
    customResourceDefinitions,
    ({ before, after }) => {
      const name = (after ?? before)?.metadata?.name ?? "";
      const kept = after && keptDefinition(after, present(storage.cached("", name), "a definition that changed").bytes);
      if (controller !== undefined) controller.changed(name, kept);
      else {
        early.push([name, kept]);
        loading ??= load();
      }
    },
  );
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
