import { STANDARD_FINALIZERS } from "../finalizer-names.ts";
import type { ApiObject } from "../meta.ts";
import { qualifiedNameErrors } from "../names.ts";

/** What is unwise about the names of finalizers that a custom resource gets: others may use them too. */
export function finalizerWarnings(object: ApiObject, old?: ApiObject): string[] {
  const had = new Set(old?.metadata?.finalizers);
  const added = new Set((object.metadata?.finalizers ?? []).filter((name) => !had.has(name)));
  return [...added].sort().flatMap((name) => {
    const said = qualifiedNameErrors(name);
    if (!name.includes("/") && !STANDARD_FINALIZERS.has(name))
      said.push(
        `prefer a domain-qualified finalizer name ${name.includes(".") ? "including a path (/) " : ""}to avoid accidental conflicts with other finalizer writers`,
      );
    return said.map((message) => `metadata.finalizers: ${JSON.stringify(name)}: ${message}`);
  });
}
