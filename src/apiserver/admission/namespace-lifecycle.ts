import type { Namespace } from "../../api/generated/core/v1.ts";
import { namespaces } from "../../api/generated/resources.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { failure, notFound } from "../../api/status.ts";
import { atOnce } from "../../base/at-once.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { isAbout, refuse } from "./refuse.ts";

const IMMORTAL = new Set(["default", "kube-system", "kube-public"]);

/** Nothing is made in a namespace that is not there or is going away, and three namespaces never go away. */
export function namespaceLifecycle({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    handles: (attributes) => attributes.operation !== "CONNECT",
    admit(attributes) {
      const { operation, resource, namespace } = attributes;
      if (operation === "DELETE") {
        if (isAbout(attributes, "namespaces") && IMMORTAL.has(attributes.name)) {
          throw refuse(attributes, "this namespace may not be deleted");
        }
        return;
      }
      if (!resource.namespaced || namespace === "" || isAccessReview(attributes)) return;
      return atOnce(reader.get(namespaces, undefined, namespace), (found) => checkNamespace(found, attributes));
    },
  };
}

function checkNamespace(found: Namespace | undefined, attributes: AdmissionAttributes): void {
  if (found === undefined) throw notFound(namespaces, attributes.namespace);
  if (attributes.operation !== "CREATE") return;
  if (found.status?.phase === "Terminating" || isBeingDeleted(found)) throw terminating(attributes);
}

function isAccessReview({ resource }: AdmissionAttributes): boolean {
  return resource.group === "authorization.k8s.io" && resource.resource === "localsubjectaccessreviews";
}

/** Controllers look for the cause to know that trying again is no use. */
function terminating(attributes: AdmissionAttributes): Error {
  const { namespace } = attributes;
  const { status } = refuse(
    attributes,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return failure(status.code, "Forbidden", status.message ?? "", { ...status.details, causes: [cause] });
}
