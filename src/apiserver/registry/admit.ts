import type { ApiObject, ObjectMeta, ResourceReference } from "../../api/meta.ts";
import { unreadableManagers } from "../../api/patch/managers.ts";
import type { GroupVersionKind } from "../../api/schema.ts";
import { type AdmissionAttributes, newReinvocation } from "../admission/admission.ts";
import type { UserInfo } from "../authn/authenticator.ts";
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
  return new WriteAttributes(resource, context, write);
}

type Write = Parameters<typeof admissionAttributes>[2];

/** A class, because a getter in a literal makes a hash table of the object, which stays until a full collection. */
class WriteAttributes implements AdmissionAttributes {
  readonly user: UserInfo;
  readonly operation: AdmissionAttributes["operation"];
  readonly resource: ResourceReference;
  readonly subresource: string;
  readonly kind: GroupVersionKind;
  readonly namespace: string;
  readonly name: string;
  readonly object: ApiObject | undefined;
  readonly oldObject: ApiObject | undefined;
  readonly options: ApiObject | undefined;
  readonly dryRun: boolean;
  readonly untilMs: number | undefined;
  readonly reinvocation = newReinvocation();
  readonly #context: WriteContext;
  #ended: (() => void)[] | undefined;

  constructor(resource: Pick<ServedResource, "schema" | "reference">, context: WriteContext, write: Write) {
    const { operation, subresource = "", object, oldObject } = write;
    const metadata = (object ?? oldObject)?.metadata;
    this.user = context.user;
    this.operation = operation;
    this.resource = resource.reference;
    this.subresource = subresource;
    this.kind = kindOf(resource, subresource);
    this.namespace = write.namespace ?? metadata?.namespace ?? "";
    this.name = write.name ?? metadata?.name ?? "";
    this.object = object;
    this.oldObject = oldObject;
    this.options = optionsOf(operation, write.options ?? context.options);
    this.dryRun = context.dryRun;
    this.untilMs = context.untilMs;
    this.#context = context;
  }

  /** Made for who asks: most plugins wait for nobody. */
  get signal(): AbortSignal | undefined {
    return this.#context.signal;
  }

  warn(message: string): void {
    this.#context.warn(message);
  }

  annotate(key: string, value: string): void {
    this.#context.annotate?.(key, value);
  }

  onEnd(callback: () => void): void {
    (this.#ended ??= []).push(callback);
  }

  end(): void {
    for (const callback of this.#ended?.splice(0) ?? []) callback();
  }
}

const OPTIONS = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
  CONNECT: undefined,
} as const;

function optionsOf(operation: AdmissionAttributes["operation"], said: object | undefined): ApiObject | undefined {
  const kind = OPTIONS[operation];
  return kind === undefined || said === undefined ? undefined : { kind, apiVersion: "meta.k8s.io/v1", ...said };
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
  const wrong = unreadableManagers(meta.managedFields);
  if (wrong === undefined) return;
  if (managers === undefined) delete meta.managedFields;
  else meta.managedFields = managers;
  context.warn(
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${wrong}`,
  );
}
