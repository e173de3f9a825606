import type { PersistentVolumeClaim } from "../../api/generated/core/v1.ts";
import { storageClasses } from "../../api/generated/resources.ts";
import { compareQuantities, tryParseQuantity } from "../../api/quantity.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, refuse } from "./refuse.ts";

/** A claim grows only once it is bound, and only when its class allows it. */
export function persistentVolumeClaimResize({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    handles: (attributes) => attributes.operation === "UPDATE" && isAbout(attributes, "persistentvolumeclaims"),
    async validate(attributes) {
      const claim = draftOf<PersistentVolumeClaim>(attributes);
      const old = attributes.oldObject as PersistentVolumeClaim;
      if (!grows(old, claim)) return;
      if (old.status?.phase !== "Bound") {
        throw refuse(attributes, "Only bound persistent volume claims can be expanded");
      }
      const className = claim.spec?.storageClassName ?? "";
      const found = className === "" ? undefined : await reader.get(storageClasses, undefined, className);
      if (found?.allowVolumeExpansion === true) return;
      throw refuse(
        attributes,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
    },
  };
}

function grows(old: PersistentVolumeClaim, claim: PersistentVolumeClaim): boolean {
  const before = tryParseQuantity(old.spec?.resources?.requests?.storage);
  const after = tryParseQuantity(claim.spec?.resources?.requests?.storage);
  return before !== undefined && after !== undefined && compareQuantities(after, before) > 0;
}
