import { loadCel } from "../../../api/cel/load-cel.ts";
import { conversions } from "../../../api/conversions.ts";
import { type FieldError, forbiddenField, invalidObject } from "../../../api/field-error.ts";
import type { Namespace } from "../../../api/generated/core/v1.ts";
import type {
  DeviceClass,
  DeviceRequest,
  ResourceClaim,
  ResourceClaimTemplate,
} from "../../../api/generated/resource.k8s.io/v1.ts";
import { namespaces } from "../../../api/generated/resources.ts";
import type { KindDefinition } from "../../../api/kind.ts";
import { findKind } from "../../../api/kinds.ts";
import { type ApiObject, parseApiVersion } from "../../../api/meta.ts";
import { equalJson } from "../../../api/patch/json-value.ts";
import { claimSelectorErrors, selectorErrors } from "../../../api/resource/device-selectors.ts";
import type { Authorizer } from "../../authz/authorizer.ts";
import type { ObjectReader } from "../../reader.ts";
import { defineStrategy, type Strategy } from "../strategy.ts";
import { claimStatusErrors } from "./claim-status.ts";

const GROUP = "resource.k8s.io";
const ADMIN_LABEL = "resource.kubernetes.io/admin-access";

/** Classes of devices, claims and their templates: programs that select devices compile, and administrators are let in. */
export function deviceSelectorStrategies(
  reader: () => ObjectReader,
  authorizer: () => Authorizer,
): Readonly<Record<string, Strategy>> {
  return {
    [`${GROUP}/deviceclasses`]: defineStrategy<DeviceClass>({
      beforeCreate: async (draft) => refuse(draft, await classErrors(draft), undefined),
      beforeUpdate: async (draft, old) =>
        equalJson(draft.spec?.selectors ?? [], old.spec?.selectors ?? [])
          ? undefined
          : refuse(draft, await classErrors(draft), old),
    }),
    [`${GROUP}/resourceclaims`]: defineStrategy<ApiObject>({
      async beforeCreate(draft) {
        const { spec } = stored<ResourceClaim>(draft, "resourceclaims");
        const errors = claimSelectorErrors(await loadCel(), spec, "spec");
        const requests = spec?.devices?.requests ?? [];
        return refuse(draft, [...errors, ...(await adminErrors(requests, draft, reader()))], undefined);
      },
      async beforeUpdate(draft, old, context) {
        const [claim, before] = [draft as ResourceClaim, old as ResourceClaim];
        if (equalJson(claim.status ?? {}, before.status ?? {})) return undefined;
        const admin = await adminStatusErrors(claim, before, reader());
        const errors = await claimStatusErrors(claim, before, { context, authorizer: authorizer() });
        return refuse(draft, [...admin, ...errors], old);
      },
    }),
    [`${GROUP}/resourceclaimtemplates`]: defineStrategy<ApiObject>({
      async beforeCreate(draft) {
        const { spec } = stored<ResourceClaimTemplate>(draft, "resourceclaimtemplates");
        const errors = claimSelectorErrors(await loadCel(), spec?.spec, "spec.spec");
        const requests = spec?.spec?.devices?.requests ?? [];
        return refuse(draft, [...errors, ...(await adminErrors(requests, draft, reader()))], undefined);
      },
    }),
  };
}

async function classErrors({ spec }: DeviceClass): Promise<FieldError[]> {
  return selectorErrors(await loadCel(), spec?.selectors, "spec.selectors");
}

/** The object as the stored version holds it, which errors name the fields of. */
function stored<T extends ApiObject>(draft: ApiObject, resource: string): T {
  const { version } = parseApiVersion(draft.apiVersion ?? "");
  const conversion = conversions[`${GROUP}/${resource}`]?.versions[version];
  return (conversion === undefined ? draft : conversion.toStored(structuredClone(draft))) as T;
}

/** What else is wrong with the object is told with it. @throws StatusError Invalid */
function refuse(draft: ApiObject, errors: readonly FieldError[], old: ApiObject | undefined): undefined {
  if (errors.length === 0) return undefined;
  const kind = draft.kind ?? "";
  const rules: KindDefinition | undefined = findKind(GROUP, "v1", kind);
  const others = kind === "DeviceClass" ? (rules?.validate?.(draft, old) ?? []) : [];
  throw invalidObject({ group: GROUP, kind }, draft.metadata?.name ?? "", [...others, ...errors]);
}

/** Devices that others have are for namespaces that are marked. */
async function adminErrors(
  requests: readonly DeviceRequest[],
  { metadata }: ApiObject,
  reader: ObjectReader,
): Promise<FieldError[]> {
  const index = requests.findIndex(({ exactly }) => exactly?.adminAccess === true);
  return index < 0 ? [] : await unmarked(`spec.devices.requests[${index}].adminAccess`, metadata, reader);
}

/** What has been granted once stays granted. */
async function adminStatusErrors(
  { status, metadata }: ResourceClaim,
  old: ResourceClaim,
  reader: ObjectReader,
): Promise<FieldError[]> {
  const firstOf = (of: ResourceClaim["status"]): number =>
    (of?.allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess === true);
  const index = firstOf(status);
  if (index < 0 || firstOf(old.status) >= 0) return [];
  return await unmarked(`status.allocation.devices.results[${index}].adminAccess`, metadata, reader);
}

async function unmarked(path: string, metadata: ApiObject["metadata"], reader: ObjectReader): Promise<FieldError[]> {
  const namespace = await reader.get<Namespace>(namespaces, undefined, metadata?.namespace ?? "");
  if (namespace?.metadata?.labels?.[ADMIN_LABEL] === "true") return [];
  const message = `admin access to devices requires the \`${ADMIN_LABEL}: true\` label on the containing namespace`;
  return [forbiddenField(path, message)];
}
