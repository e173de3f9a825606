import { isConditionTrue } from "../../api/conditions.ts";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { Converter } from "./converter.ts";
import { ESTABLISHED } from "./plan-status.ts";
import { type ServedDefinition, type ServeOptions, serveDefinition, terminating } from "./serve-definition.ts";

/** The definitions that are there, and in the table what serves those that are established. */
export interface ServedDefinitions {
  /** Takes notice of a definition, or of its end. */
  take(name: string, definition: CustomResourceDefinition | undefined): void;
  get(name: string): CustomResourceDefinition | undefined;
  all(): readonly CustomResourceDefinition[];
  /** What serves the version that is stored; undefined when the definition is not established. */
  stored(name: string): ServedResource | undefined;
}

export interface ServedDefinitionsOptions extends ServeOptions {
  readonly table: ResourceTable;
  readonly converterOf: (definition: CustomResourceDefinition) => Converter;
}

interface Known {
  readonly definition: CustomResourceDefinition;
  readonly served: Served | undefined;
}

interface Served {
  /** The definition that it was made from. */
  readonly from: CustomResourceDefinition;
  readonly made: ServedDefinition;
}

export function servedDefinitions(options: ServedDefinitionsOptions): ServedDefinitions {
  const { table } = options;
  const known = new Map<string, Known>();
  return {
    get: (name) => known.get(name)?.definition,
    all: () => [...known.values()].map(({ definition }) => definition),
    stored: (name) => known.get(name)?.served?.made.stored,
    take(name, definition) {
      const before = known.get(name)?.served;
      const served = definition === undefined ? undefined : serve(definition, before, options);
      if (definition === undefined) known.delete(name);
      else known.set(name, { definition, served });
      if (served !== before) table.replace(name, served?.made.resources ?? [], served?.made.stored);
    },
  };
}

/** What neither spec nor names nor the beginning of the end has changed is served on as it is. */
function serve(
  definition: CustomResourceDefinition,
  before: Served | undefined,
  options: ServedDefinitionsOptions,
): Served | undefined {
  const { conditions } = definition.status ?? {};
  if (!isConditionTrue(conditions, ESTABLISHED)) return undefined;
  const isTerminating = isBeingDeleted(definition);
  if (before !== undefined && isServedAlike(before.from, definition)) {
    const wasTerminating = before.made.stored.custom?.isTerminating === true;
    if (isTerminating === wasTerminating) return before;
    if (isTerminating) return { from: definition, made: terminating(before.made) };
  }
  const made = serveDefinition(definition, options.converterOf(definition), options);
  return { from: definition, made: isTerminating ? terminating(made) : made };
}

/** True when the same requests are served the same way. */
function isServedAlike(left: CustomResourceDefinition, right: CustomResourceDefinition): boolean {
  return (
    left.metadata?.uid === right.metadata?.uid &&
    equalJson(left.spec, right.spec) &&
    equalJson(left.status?.acceptedNames, right.status?.acceptedNames)
  );
}
