import { qualityOfService } from "../../api/core/pod-quality.ts";
import type { Pod, Toleration } from "../../api/generated/core/v1.ts";
import { namespaces } from "../../api/generated/resources.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { errorMessage } from "../../base/assert.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, refuse } from "./refuse.ts";

/** podtolerationrestriction.admission.k8s.io/v1alpha1 Configuration: for namespaces that say nothing themselves. */
export interface PodTolerationRestrictionConfiguration {
  readonly default?: readonly Toleration[];
  readonly whitelist?: readonly Toleration[];
}

const DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations";
const WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";
const MEMORY_PRESSURE: Toleration = {
  key: "node.kubernetes.io/memory-pressure",
  operator: "Exists",
  effect: "NoSchedule",
};

/** Pods get their namespace's default tolerations, and tolerate nothing that the namespace does not permit. */
export function podTolerationRestriction(
  { reader }: AdmissionDependencies,
  configuration: PodTolerationRestrictionConfiguration = {},
): AdmissionPlugin {
  const listOf = async (attributes: AdmissionAttributes, annotation: string): Promise<Toleration[] | undefined> => {
    const found = await reader.get(namespaces, undefined, attributes.namespace);
    const text = found?.metadata?.annotations?.[annotation];
    if (text === undefined) return undefined;
    try {
      return text === "" ? [] : (JSON.parse(text) as Toleration[]);
    } catch (error) {
      throw refuse(
        attributes,
        `the annotation ${annotation} of its namespace is no list of tolerations: ${errorMessage(error)}`,
      );
    }
  };
  return {
    name: "PodTolerationRestriction",
    handles: (attributes) =>
      isAbout(attributes, "pods") && (attributes.operation === "CREATE" || changesTolerations(attributes)),
    async admit(attributes) {
      const { spec } = draftOf<Pod>(attributes);
      if (spec === undefined) return;
      const isNew = attributes.operation === "CREATE";
      const defaults = isNew ? ((await listOf(attributes, DEFAULTS)) ?? configuration.default ?? []) : [];
      const pressure = qualityOfService(spec) === "BestEffort" ? [] : [MEMORY_PRESSURE];
      spec.tolerations = merged([...defaults, ...(spec.tolerations ?? []), ...pressure]);
    },
    async validate(attributes) {
      const permitted = (await listOf(attributes, WHITELIST)) ?? configuration.whitelist ?? [];
      const wanted = draftOf<Pod>(attributes).spec?.tolerations ?? [];
      if (permitted.length === 0 || wanted.every((each) => permitted.some((other) => covers(other, each)))) return;
      const why =
        "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist";
      throw refuse(attributes, why);
    },
  };
}

function changesTolerations({ operation, object, oldObject }: AdmissionAttributes): boolean {
  const of = (pod: unknown): unknown => (pod as Pod | undefined)?.spec?.tolerations ?? [];
  return operation === "UPDATE" && !equalJson(of(object), of(oldObject));
}

/** Without those that another one covers. */
function merged(tolerations: readonly Toleration[]): Toleration[] {
  return tolerations.filter((each, index) =>
    tolerations.every((other, at) => at === index || !covers(other, each) || (covers(each, other) && index < at)),
  );
}

/** True when whatever `part` tolerates, `whole` tolerates as well. */
function covers(whole: Toleration, part: Toleration): boolean {
  if (whole.key !== undefined && whole.key !== "" && whole.key !== part.key) return false;
  if (whole.effect !== undefined && whole.effect !== "" && whole.effect !== part.effect) return false;
  if (whole.effect === "NoExecute" && whole.tolerationSeconds !== undefined) {
    if (part.tolerationSeconds === undefined || part.tolerationSeconds > whole.tolerationSeconds) return false;
  }
  const [one, other] = [whole.operator ?? "Equal", part.operator ?? "Equal"];
  return one === "Exists" || (one === other && (whole.value ?? "") === (part.value ?? ""));
}
