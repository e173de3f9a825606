import type { ApiObject, ObjectMeta } from "../../api/meta.ts";
import { validateManagedFields } from "../../api/object-meta.ts";
import type { GroupVersionKind } from "../../api/schema.ts";
import { type AdmissionAttributes, newReinvocation } from "../admission/admission.ts";
import { dropRepeatedOwners } from "./owner-references.ts";
import type { ServedResource } from "./resource.ts";
import type { WriteContext } from "./strategy.ts";

/** What admission plugins see of a write. Whoever makes it calls `end` when it is in the store or has failed. */
export function admissionAttributes(
  resource: Pick<ServedResource, "schema" | "reference">,
  context: WriteContext,
  write: {
    operation: AdmissionAttributes["operation"];
    subresource?: string;
    object?: ApiObject;
    oldObject?: ApiObject;
    namespace?: string;
    name?: string;
    /** Instead of the context's. */
    options?: object;
  },
): AdmissionAttributes & { end(): void } {
  const ended: (() => void)[] = [];
  const subject = write.object ?? write.oldObject;
  return {
    user: context.user,
    operation: write.operation,
    resource: resource.reference,
    subresource: write.subresource ?? "",
    kind: kindOf(resource, write.subresource ?? ""),
    namespace: write.namespace ?? subject?.metadata?.namespace ?? "",
    name: write.name ?? subject?.metadata?.name ?? "",
    ...(write.object === undefined ? {} : { object: write.object }),
    ...(write.oldObject === undefined ? {} : { oldObject: write.oldObject }),
    ...optionsOf(write.operation, write.options ?? context.options),
    dryRun: context.dryRun,
    // Made for who asks: most plugins wait for nobody.
    get signal() {
      return context.signal;
    },
    untilMs: context.untilMs,
    reinvocation: newReinvocation(),
    warn: context.warn,
    annotate: context.annotate ?? (() => {}),
    onEnd: (callback) => void ended.push(callback),
    end() {
      for (const callback of ended.splice(0)) callback();
    },
  };
}

const OPTIONS = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
  CONNECT: undefined,
} as const;

function optionsOf(operation: AdmissionAttributes["operation"], said: object | undefined): { options?: ApiObject } {
  const kind = OPTIONS[operation];
  return kind === undefined || said === undefined ? {} : { options: { kind, apiVersion: "meta.k8s.io/v1", ...said } };
}

/** Of what a subresource takes, or of the resource itself. */
function kindOf({ schema }: Pick<ServedResource, "schema">, subresource: string): GroupVersionKind {
  const { group, version, kind } = schema.subresources?.find((each) => each.name === subresource) ?? schema;
  return { group, version, kind };
}

/** After the mutating admission, and before it by what the client sent. */
export function checkAdmitted(draft: ApiObject, managers: ObjectMeta["managedFields"], context: WriteContext): void {
  dropRepeatedOwners(draft, { isAdmitted: true }, context);
  const meta = draft.metadata;
  if (meta === undefined || meta.managedFields === managers) return;
  const [wrong] = validateManagedFields(meta.managedFields, "metadata.managedFields");
  if (wrong === undefined) return;
  if (managers === undefined) delete meta.managedFields;
  else meta.managedFields = managers;
  context.warn(
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${wrong.message}`,
  );
}
