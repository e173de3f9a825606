import type { PersistentVolumeClaim } from "../../api/generated/core/v1.ts";
import { storageClasses } from "../../api/generated/resources.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { chooseDefault } from "./default-class.ts";
import { draftOf, isAbout } from "./refuse.ts";

const DEFAULT_ANNOTATION = "storageclass.kubernetes.io/is-default-class";
const OLD_DEFAULT_ANNOTATION = "storageclass.beta.kubernetes.io/is-default-class";
const OLD_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** A claim that names no class gets the default one, if there is one. */
export function defaultStorageClass({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    handles: (attributes) => attributes.operation === "CREATE" && isAbout(attributes, "persistentvolumeclaims"),
    async admit(attributes) {
      const claim = draftOf<PersistentVolumeClaim>(attributes);
      if (claim.spec === undefined || claim.spec.storageClassName !== undefined) return;
      if (claim.metadata?.annotations?.[OLD_CLASS_ANNOTATION] !== undefined) return;
      const classes = await reader.list(storageClasses);
      const found = chooseDefault(classes, DEFAULT_ANNOTATION) ?? chooseDefault(classes, OLD_DEFAULT_ANNOTATION);
      if (found?.metadata?.name !== undefined) claim.spec.storageClassName = found.metadata.name;
    },
  };
}
