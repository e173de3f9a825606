import type { ApiObject } from "../../api/meta.ts";
import type { AdmissionAttributes } from "../admission/admission.ts";
import type { ServedResource } from "./resource.ts";
import type { WriteContext } from "./strategy.ts";

/** What admission plugins see of a write. */
export function admissionAttributes(
  resource: ServedResource,
  context: WriteContext,
  write: {
    operation: AdmissionAttributes["operation"];
    subresource?: string;
    object?: ApiObject;
    oldObject?: ApiObject;
    namespace?: string;
    name?: string;
  },
): AdmissionAttributes {
  const subject = write.object ?? write.oldObject;
  return {
    user: context.user,
    operation: write.operation,
    resource: resource.reference,
    subresource: write.subresource ?? "",
    namespace: write.namespace ?? subject?.metadata?.namespace ?? "",
    name: write.name ?? subject?.metadata?.name ?? "",
    ...(write.object === undefined ? {} : { object: write.object }),
    ...(write.oldObject === undefined ? {} : { oldObject: write.oldObject }),
    dryRun: context.dryRun,
    warn: context.warn,
  };
}
