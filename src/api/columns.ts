import { ageOf } from "./human-duration.ts";
import type { Column } from "./kind.ts";
import type { ApiObject } from "./meta.ts";

/** Columns that many kinds share. */

export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  cell: (object) => object.metadata?.name ?? "",
};

const CREATED =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

export const ageColumn: Column = {
  name: "Age",
  type: "string",
  description: CREATED,
  cell: (object, { nowMs }) => ageOf(object.metadata?.creationTimestamp, nowMs),
};

/** What the columns of name and age look at in the metadata. */
export const nameAndAgeFields = { name: true, creationTimestamp: true } as const;

/** What kinds show that have no columns of their own upstream (roles, limit ranges …). */
export const nameAndCreationColumns: readonly Column[] = [
  nameColumn,
  {
    name: "Created At",
    type: "date",
    description: CREATED,
    cell: (object) => object.metadata?.creationTimestamp ?? "",
  },
];

/** A column of text; wide ones show with `-o wide` only. */
export function textColumn<T extends ApiObject>(
  name: string,
  description: string,
  cell: (object: T, nowMs: number) => string,
): Column<T> {
  return { name, type: "string", description, cell: (object, { nowMs }) => cell(object, nowMs) };
}

export function integerColumn<T extends ApiObject>(
  name: string,
  description: string,
  cell: (object: T) => number | undefined,
): Column<T> {
  return { name, type: "integer", description, cell: (object) => cell(object) ?? 0 };
}

/** Numbers in a column that upstream declares as text. */
export function textNumberColumn<T extends ApiObject>(
  name: string,
  description: string,
  cell: (object: T) => number | undefined,
): Column<T> {
  return { name, type: "string", description, cell: (object) => cell(object) ?? 0 };
}

export function booleanColumn<T extends ApiObject>(
  name: string,
  description: string,
  cell: (object: T) => boolean,
): Column<T> {
  return { name, type: "boolean", description, cell };
}

/** The same column, shown with `-o wide` only. */
export function wide<T extends ApiObject>(column: Column<T>): Column<T> {
  return { ...column, priority: 1 };
}

interface Template {
  spec?: { containers?: readonly { name: string; image?: string }[] };
}

/** Names and images of a template's containers, shown with `-o wide`. */
export function containerColumns<T extends ApiObject>(template: (object: T) => Template | undefined): Column<T>[] {
  const containers = (object: T) => template(object)?.spec?.containers ?? [];
  return [
    wide(
      textColumn("Containers", "Names of each container in the template.", (object) =>
        containers(object)
          .map((container) => container.name)
          .join(","),
      ),
    ),
    wide(
      textColumn("Images", "Images referenced by each container in the template.", (object) =>
        containers(object)
          .map((container) => container.image ?? "")
          .join(","),
      ),
    ),
  ];
}

/** A map as `a=b,c=d`, or `<none>`. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? "<none>" : pairs.map(([key, value]) => `${key}=${value}`).join(",");
}

/** The first three of a list and how many more there are; `empty` when there is none. */
export function firstThree(list: readonly string[], empty: string): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, 3).join(",");
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown;
}
