import type { ManagedFieldsEntry } from "../meta.ts";
import { difference, type FieldSet, intersection, isEmptySet, setOfPaths } from "./field-set.ts";
import { identityOfManager, type Manager, readManagers, writeManagers } from "./managers.ts";

/**
 * A Scale shows one field of the object behind it: how many replicas there shall be. Who owns that field of the object owns
 * it in the Scale, and the other way round (apimachinery's managedfields.ScaleHandler).
 */

type Path = readonly string[];
type Entries = readonly ManagedFieldsEntry[] | undefined;

const SCALE_REPLICAS = setOfPaths([["spec", "replicas"]]);

/** @param path where the object keeps the number, e.g. `["spec", "replicas"]` */
export function managersOfScale(entries: Entries, path: Path): ManagedFieldsEntry[] {
  const replicas = setOfPaths([path]);
  const owners = [...readManagers(entries).values()].filter(({ fields }) => owns(fields, replicas));
  return writeManagers(owners.map((manager) => ({ ...manager, fields: SCALE_REPLICAS })));
}

/**
 * Managers of the object after its Scale was written.
 *
 * @param entries of the object before
 * @param ofScale of the Scale after
 */
export function managersOfScaled(entries: Entries, ofScale: Entries, path: Path): ManagedFieldsEntry[] {
  const replicas = setOfPaths([path]);
  const owners = readManagers(ofScale);
  const after = new Map<string, Manager>();
  for (const [identity, manager] of readManagers(entries)) {
    const isStill = !owns(manager.fields, replicas) || owners.has(identity);
    const fields = isStill ? manager.fields : difference(manager.fields, replicas);
    if (!isEmptySet(fields)) after.set(identity, { ...manager, fields });
  }
  for (const manager of owners.values()) {
    const identity = identityOfManager(manager);
    if (!after.has(identity) && owns(manager.fields, SCALE_REPLICAS))
      after.set(identity, { ...manager, fields: replicas });
  }
  return writeManagers(after.values());
}

const owns = (fields: FieldSet, path: FieldSet): boolean => !isEmptySet(intersection(fields, path));
