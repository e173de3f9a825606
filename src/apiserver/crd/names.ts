import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { equalJson } from "../../api/patch/json-value.ts";

type Condition = Omit<CustomResourceDefinitionCondition, "lastTransitionTime">;

export interface NamesDecision {
  readonly acceptedNames: CustomResourceDefinitionNames;
  /** NamesAccepted. */
  readonly condition: Condition;
}

/**
 * Which of its names a definition gets: those that no other definition of its group has. Names that it has already stay its own.
 *
 * @param all every definition, itself among them
 */
export function decideNames(
  definition: CustomResourceDefinition,
  all: Iterable<CustomResourceDefinition>,
): NamesDecision {
  const wanted = definition.spec.names;
  const accepted = definition.status?.acceptedNames ?? { plural: "", kind: "" };
  const taken = takenNames(definition.spec.group, all);
  const names: CustomResourceDefinitionNames = { ...accepted };
  let conflict: { reason: string; message: string } | undefined;
  const take = (name: "plural" | "singular" | "kind" | "listKind", reason: string): void => {
    const used = name === "kind" || name === "listKind" ? taken.kinds : taken.resources;
    const value = wanted[name] ?? "";
    if (value !== (accepted[name] ?? "") && used.has(value)) conflict = { reason, message: inUse(value) };
    else if (value !== "") names[name] = value;
    else if (name === "singular" || name === "listKind") delete names[name];
  };
  take("plural", "PluralConflict");
  take("singular", "SingularConflict");
  const conflicts = (wanted.shortNames ?? []).filter((name) => isTaken(name, accepted, taken.resources));
  if (conflicts.length > 0) conflict = { reason: "ShortNamesConflict", message: aggregated(conflicts.map(inUse)) };
  else setList(names, "shortNames", wanted.shortNames);
  take("kind", "KindConflict");
  take("listKind", "ListKindConflict");
  setList(names, "categories", wanted.categories);
  const type = "NamesAccepted";
  const condition: Condition =
    conflict === undefined
      ? { type, status: "True", reason: "NoConflicts", message: "no conflicts found" }
      : { type, status: "False", ...conflict };
  return { acceptedNames: equalJson(names, accepted) ? accepted : names, condition };
}

function takenNames(group: string, all: Iterable<CustomResourceDefinition>) {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { spec, status } of all) {
    const names = status?.acceptedNames;
    if (spec.group !== group || names === undefined) continue;
    for (const name of [names.plural, names.singular ?? "", ...(names.shortNames ?? [])]) resources.add(name);
    for (const kind of [names.kind, names.listKind ?? ""]) kinds.add(kind);
  }
  return { resources, kinds };
}

function isTaken(shortName: string, own: CustomResourceDefinitionNames, taken: ReadonlySet<string>): boolean {
  const isOwn = own.shortNames?.includes(shortName) || shortName === own.plural || shortName === own.singular;
  return !isOwn && taken.has(shortName);
}

function setList(
  names: CustomResourceDefinitionNames,
  key: "shortNames" | "categories",
  list: string[] | undefined,
): void {
  if (list === undefined || list.length === 0) delete names[key];
  else names[key] = list;
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;

const aggregated = (messages: readonly string[]): string =>
  messages.length === 1 ? messages[0]! : `[${[...new Set(messages)].join(", ")}]`;
