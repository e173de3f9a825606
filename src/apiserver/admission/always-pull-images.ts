import { invalidObject, notSupported } from "../../api/field-error.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout } from "./refuse.ts";

type Pulled = { image?: string; imagePullPolicy?: string };

/** Every image is pulled at every start, so that nobody uses a private image only because the node has it. */
export const alwaysPullImages: AdmissionPlugin = {
  name: "AlwaysPullImages",
  handles: (attributes) =>
    (attributes.operation === "CREATE" || attributes.operation === "UPDATE") &&
    isAbout(attributes, "pods") &&
    bringsImages(attributes),
  admit(attributes) {
    for (const { of } of pulledBy(draftOf<Pod>(attributes))) if (!isNothing(of)) setPolicy(of);
  },
  validate(attributes) {
    const pod = draftOf<Pod>(attributes);
    const errors = pulledBy(pod)
      .filter(({ of }) => !isNothing(of) && policyOf(of) !== "Always")
      .map(({ field, of }) => notSupported(field, policyOf(of) ?? "", ["Always"]));
    if (errors.length > 0) throw invalidObject({ group: "", kind: "Pod" }, pod.metadata?.name ?? "", errors);
  },
};

interface PulledImage {
  readonly field: string;
  readonly of: Pulled | { reference?: string; pullPolicy?: string };
}

/** Containers of all kinds, and volumes that are images. */
function pulledBy({ spec }: Pod): PulledImage[] {
  const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
  const containers = lists.flatMap((list) =>
    (spec?.[list] ?? []).map((of, index) => ({ field: `spec.${list}[${index}].imagePullPolicy`, of })),
  );
  const volumes = (spec?.volumes ?? []).flatMap(({ image }, index) =>
    image === undefined ? [] : [{ field: `spec.volumes[${index}].image.pullPolicy`, of: image }],
  );
  return [...containers, ...volumes];
}

function imageOf(of: PulledImage["of"]): string {
  return ("reference" in of ? of.reference : (of as Pulled).image) ?? "";
}

function isNothing(of: PulledImage["of"]): boolean {
  return "reference" in of && (of.reference ?? "") === "";
}

function policyOf(of: PulledImage["of"]): string | undefined {
  return "reference" in of ? of.pullPolicy : (of as Pulled).imagePullPolicy;
}

function setPolicy(of: PulledImage["of"]): void {
  if ("reference" in of) of.pullPolicy = "Always";
  else (of as Pulled).imagePullPolicy = "Always";
}

/** A pod that was there before the plugin keeps its policies while nothing new is pulled. */
function bringsImages({ operation, object, oldObject }: AdmissionAttributes): boolean {
  if (operation === "CREATE" || oldObject === undefined) return true;
  const known = new Set(pulledBy(oldObject as Pod).map(({ of }) => imageOf(of)));
  return pulledBy(object as Pod).some(({ of }) => !known.has(imageOf(of)));
}
