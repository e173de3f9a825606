import { ageColumn, nameAndAgeFields, nameColumn } from "./columns.ts";
import type { Column, KindDefinition, RowCondition } from "./kind.ts";
import type { ApiObject, ListMeta } from "./meta.ts";
import type { Fields } from "./read-fields.ts";

/** meta.k8s.io Table: what `kubectl get` asks for and prints. */
export interface Table extends ApiObject {
  kind: "Table";
  apiVersion: string;
  metadata: ListMeta;
  columnDefinitions: TableColumnDefinition[];
  rows: TableRow[];
}

export interface TableColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableRow {
  cells: (string | number | boolean | null)[];
  /** What is particular about the object, e.g. that it has ended. */
  conditions?: readonly RowCondition[];
  object?: ApiObject;
}

export interface TableOptions {
  /** Milliseconds since the epoch, for ages. */
  readonly nowMs: number;
  /** What rows carry beside their cells; metadata when absent. */
  readonly includeObject?: "None" | "Metadata" | "Object" | undefined;
  readonly metadata?: ListMeta;
  /** meta.k8s.io/v1 when absent. */
  readonly apiVersion?: string;
}

const CURRENT = "meta.k8s.io/v1";

const defaultColumns: readonly Column[] = [nameColumn, ageColumn];

/** What is shown of a kind: name and age where it has no columns of its own. */
export function columnsOf(definition: KindDefinition | undefined): readonly Column[] {
  return definition?.columns ?? defaultColumns;
}

/** What columns and row conditions of a kind look at; undefined where that may be anything. */
export function columnFieldsOf(definition: KindDefinition | undefined): Fields | undefined {
  return definition?.columns === undefined ? { metadata: nameAndAgeFields } : definition.columnFields;
}

/** Objects of one kind as a table; kinds without columns show name and age. Objects are shared, not copied. */
export function tableOf(
  definition: KindDefinition | undefined,
  objects: readonly ApiObject[],
  options: TableOptions,
): Table {
  const columns = columnsOf(definition);
  return {
    kind: "Table",
    apiVersion: options.apiVersion ?? CURRENT,
    metadata: options.metadata ?? {},
    columnDefinitions: columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? "",
      description,
      priority: priority ?? 0,
    })),
    rows: objects.map((object) => {
      const conditions = definition?.rowConditions?.(object) ?? [];
      return { ...tableRow(columns, object, options), ...(conditions.length > 0 && { conditions }) };
    }),
  };
}

function tableRow(columns: readonly Column[], object: ApiObject, options: TableOptions): TableRow {
  const context = { nowMs: options.nowMs };
  const cells = columns.map((column) => column.cell(object, context));
  if (options.includeObject === "None") return { cells };
  if (options.includeObject === "Object") return { cells, object };
  const { metadata } = object;
  const apiVersion = options.apiVersion ?? CURRENT;
  return { cells, object: { kind: "PartialObjectMetadata", apiVersion, metadata } };
}
