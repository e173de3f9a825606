import type { Ingress } from "../../api/generated/networking.k8s.io/v1.ts";
import { ingressClasses } from "../../api/generated/resources.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { chooseDefault } from "./default-class.ts";
import { draftOf, isAbout } from "./refuse.ts";

/** An Ingress that names no class gets the default one, if there is one. */
export function defaultIngressClass({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    handles: (attributes) => attributes.operation === "CREATE" && isAbout(attributes, "ingresses", "networking.k8s.io"),
    async admit(attributes) {
      const ingress = draftOf<Ingress>(attributes);
      if (ingress.spec?.ingressClassName !== undefined) return;
      if (ingress.metadata?.annotations?.["kubernetes.io/ingress.class"] !== undefined) return;
      const found = chooseDefault(await reader.list(ingressClasses), "ingressclass.kubernetes.io/is-default-class");
      if (found?.metadata?.name === undefined) return;
      ingress.spec ??= {};
      ingress.spec.ingressClassName = found.metadata.name;
    },
  };
}
