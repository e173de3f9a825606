import type { Pod } from "../../api/generated/core/v1.ts";
import { namespaces } from "../../api/generated/resources.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, refuse } from "./refuse.ts";

/** `podNodeSelectorPluginConfig`: selectors as text, by namespace, and one for those that name none. */
export type PodNodeSelectorConfiguration = Readonly<Record<string, string>>;

type Selector = Readonly<Record<string, string>>;

const ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector";
const CLUSTER_DEFAULT = "clusterDefaultNodeSelector";

/** Pods go where their namespace's annotation says, and nowhere else. */
export function podNodeSelector(
  { reader }: AdmissionDependencies,
  configuration: PodNodeSelectorConfiguration = {},
): AdmissionPlugin {
  const selectorOf = async (namespace: string): Promise<Selector> => {
    const annotated = (await reader.get(namespaces, undefined, namespace))?.metadata?.annotations?.[ANNOTATION];
    return parseSelector(annotated ?? configuration[CLUSTER_DEFAULT] ?? "");
  };
  return {
    name: "PodNodeSelector",
    handles: (attributes) => attributes.operation === "CREATE" && isAbout(attributes, "pods"),
    async admit(attributes) {
      const { spec } = draftOf<Pod>(attributes);
      const wanted = await selectorOf(attributes.namespace);
      if (spec === undefined || Object.keys(wanted).length === 0) return;
      const own = spec.nodeSelector ?? {};
      if (Object.entries(wanted).some(([key, value]) => own[key] !== undefined && own[key] !== value)) {
        throw refuse(attributes, "pod node label selector conflicts with its namespace node label selector");
      }
      spec.nodeSelector = { ...wanted, ...own };
    },
    async validate(attributes) {
      const own = draftOf<Pod>(attributes).spec?.nodeSelector ?? {};
      const allowed = configuration[attributes.namespace];
      if (allowed === undefined || allowed === "") return;
      const permitted = parseSelector(allowed);
      if (Object.entries(own).every(([key, value]) => permitted[key] === value)) return;
      throw refuse(attributes, "pod node label selector labels conflict with its namespace whitelist");
    },
  };
}

/** `a=b,c=d`. */
function parseSelector(text: string): Selector {
  const pairs = text
    .split(",")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = "", value = ""] = pair.split("=", 2);
      return [key.trim(), value.trim()];
    }),
  );
}
