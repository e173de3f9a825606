import type { Namespace } from "../../../api/generated/core/v1.ts";
import { defineStrategy } from "../strategy.ts";

/** A namespace goes when its content is gone: the namespace controller empties it and takes the finalizer out of its spec. */
export const namespaceStrategy = defineStrategy<Namespace>({
  async beforeCreate(draft) {
    draft.spec ??= {};
    const finalizers = draft.spec.finalizers ?? [];
    if (!finalizers.includes("kubernetes")) draft.spec.finalizers = [...finalizers, "kubernetes"];
    draft.status = { phase: "Active" };
    return undefined;
  },
  holdsDeletion: (namespace) => (namespace.spec?.finalizers ?? []).length > 0,
  markDeleted(draft) {
    draft.status = { ...draft.status, phase: "Terminating" };
  },
});
