import { isConditionTrue } from "../../api/conditions.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { Converter } from "./converter.ts";
import type { KeptDefinition } from "./kept-definition.ts";
import { isOfBuiltInGroup } from "./overlapping.ts";
import { ESTABLISHED } from "./plan-status.ts";
import { type ServedDefinition, type ServeOptions, serveDefinition, terminating } from "./serve-definition.ts";

/** The definitions that are there, and in the table what serves those that are established. */
export interface ServedDefinitions {
  /** Takes notice of a definition, or of its end. */
  take(name: string, definition: KeptDefinition | undefined): void;
  get(name: string): KeptDefinition | undefined;
  all(): readonly KeptDefinition[];
  /** What serves the version that is stored; undefined when the definition is not established. */
  stored(name: string): ServedResource | undefined;
}

export interface ServedDefinitionsOptions extends ServeOptions {
  readonly table: ResourceTable;
  readonly converterOf: (definition: KeptDefinition) => Converter;
}

interface Known {
  readonly definition: KeptDefinition;
  readonly served: Served | undefined;
}

interface Served {
  /** The definition that it was made from. */
  readonly from: KeptDefinition;
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
  definition: KeptDefinition,
  before: Served | undefined,
  options: ServedDefinitionsOptions,
): Served | undefined {
  const { conditions } = definition.status ?? {};
  if (!isConditionTrue(conditions, ESTABLISHED) || isOfBuiltInGroup(definition, options.builtIn)) return undefined;
  const isTerminating = isBeingDeleted(definition);
  if (before !== undefined && isServedAlike(before.from, definition)) {
    const wasTerminating = before.made.stored.custom?.isTerminating === true;
    // The newest bytes have the same schemas; the older ones need not be kept for them.
    before.made.source.bytes = definition.bytes;
    if (isTerminating === wasTerminating) return before;
    if (isTerminating) return { from: definition, made: terminating(before.made) };
  }
  const made = serveDefinition(definition, options.converterOf(definition), options);
  return { from: definition, made: isTerminating ? terminating(made) : made };
}

/** True when the same requests are served the same way. */
function isServedAlike(left: KeptDefinition, right: KeptDefinition): boolean {
  return (
    left.metadata?.uid === right.metadata?.uid &&
    left.metadata?.generation === right.metadata?.generation &&
    equalJson(left.status?.acceptedNames, right.status?.acceptedNames)
  );
}
