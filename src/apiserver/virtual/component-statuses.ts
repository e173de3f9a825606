import type { ComponentStatus } from "../../api/generated/core/v1.ts";
import { notFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { CacheEntry } from "../cache/entry.ts";
import { objectAnswer } from "../exchange.ts";
import type { ComputedHandler } from "../handlers/handler.ts";
import { selectionOf } from "../handlers/selection.ts";
import { remember } from "../registry/codec.ts";
import type { ComponentHealth } from "./component-health.ts";

/** componentstatuses: looked at when they are asked for, and stored nowhere (registry/core/componentstatus). */
export function componentStatuses(components: readonly ComponentHealth[]): ComputedHandler {
  return {
    async get(resource, exchange) {
      const { name } = exchange.info;
      const component = components.find((each) => each.name === name);
      if (component === undefined) throw notFound(resource.schema, name);
      return objectAnswer(await statusOf(component), { resource });
    },
    async list(resource, { query }) {
      const selection = selectionOf(resource, {
        namespace: "",
        labelSelector: query.get("labelSelector"),
        fieldSelector: query.get("fieldSelector"),
      });
      const entries = (await Promise.all(components.map(statusOf)))
        .map((status) => entryOf(selection.prefix, status))
        .filter((entry) => selection.matches?.(entry) !== false);
      return { kind: "list", resource, revision: 0, entries };
    },
  };
}

async function statusOf(component: ComponentHealth): Promise<ComponentStatus> {
  const wrong = await component.check().catch(errorMessage);
  const condition =
    wrong === undefined
      ? { type: "Healthy", status: "True", message: "ok" }
      : { type: "Healthy", status: "False", message: wrong };
  return {
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata: { name: component.name },
    conditions: [condition],
  };
}

function entryOf(prefix: string, status: ComponentStatus): CacheEntry {
  const bytes = Buffer.from(JSON.stringify(status));
  remember(bytes, status);
  return { key: prefix + component(status), revision: 0, bytes };
}

const component = ({ metadata }: ComponentStatus): string => metadata?.name ?? "";
