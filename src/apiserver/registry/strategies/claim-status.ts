import { type FieldError, forbiddenField } from "../../../api/field-error.ts";
import type { ResourceClaim, ResourceClaimStatus } from "../../../api/generated/resource.k8s.io/v1.ts";
import { equalJson } from "../../../api/patch/json-value.ts";
import type { UserInfo } from "../../authn/authenticator.ts";
import type { AuthorizationAttributes, Authorizer } from "../../authz/authorizer.ts";
import { forbiddenError } from "../../authz/forbidden.ts";
import type { WriteContext } from "../strategy.ts";

const NODE_NAME = "authentication.kubernetes.io/node-name";

/**
 * Who may write the status of claims may write only those parts of it that he has a right for: where the claim is bound, and
 * what the drivers of its devices say, each driver for itself (DRAResourceClaimGranularStatusAuthorization).
 */
export async function claimStatusErrors(
  claim: ResourceClaim,
  old: ResourceClaim,
  { context, authorizer }: { context: WriteContext; authorizer: Authorizer },
): Promise<FieldError[]> {
  const { verb, user } = context;
  // Components of the API server itself.
  if (verb === undefined) return [];
  const [status, before] = [claim.status ?? {}, old.status ?? {}];
  const asks: Ask = { user, authorizer, namespace: claim.metadata?.namespace ?? "" };
  const errors: FieldError[] = [];
  const isBound = equalJson(partsOfBinding(status), partsOfBinding(before));
  if (!isBound) {
    const refusal = await refusalOf(asks, { verb, subresource: "binding", namespace: "", name: "" });
    if (refusal !== undefined) {
      const what = "changing status.allocation or status.reservedFor requires";
      const message = `${what} resource="resourceclaims/binding", verb="${verb}" permission: ${refusal}`;
      errors.push(forbiddenField("status", message));
    }
  }
  const isLocal = isOnNode(user, nodeOf(status));
  const verbs = [...(isLocal ? [`associated-node:${verb}`] : []), `arbitrary-node:${verb}`];
  for (const driver of changedDrivers(status, before)) {
    const refusal = await refusalOfDriver(asks, verbs, driver);
    if (refusal === undefined) continue;
    const what = "changing status.devices requires";
    const message = `${what} resource="resourceclaims/driver", verb="[${verbs.join(" ")}]" permission: ${refusal}`;
    errors.push(forbiddenField("status.devices", message));
  }
  return errors;
}

const partsOfBinding = ({ allocation, reservedFor = [] }: ResourceClaimStatus) => [allocation ?? null, reservedFor];

interface Ask {
  readonly user: UserInfo;
  readonly authorizer: Authorizer;
  readonly namespace: string;
}

/** Any of the verbs is enough; the first refusal is told. */
async function refusalOfDriver(ask: Ask, verbs: readonly string[], driver: string): Promise<string | undefined> {
  let first: string | undefined;
  for (const verb of verbs) {
    const of = { verb, subresource: "driver", namespace: ask.namespace, name: driver };
    const refusal = await refusalOf(ask, of);
    if (refusal === undefined) return undefined;
    first ??= refusal;
  }
  return first;
}

async function refusalOf(
  { user, authorizer }: Ask,
  of: Pick<AuthorizationAttributes, "verb" | "subresource" | "namespace" | "name">,
): Promise<string | undefined> {
  const resource = { group: "resource.k8s.io", version: "v1", resource: "resourceclaims" };
  const attributes: AuthorizationAttributes = { user, resourceRequest: true, path: "", ...resource, ...of };
  const { decision, reason } = await authorizer.authorize(attributes);
  return decision === "allow" ? undefined : forbiddenError(attributes, reason).message;
}

/** The drivers whose devices were added, changed or taken away, in order of name. */
function changedDrivers(status: ResourceClaimStatus, before: ResourceClaimStatus): string[] {
  const keyed = (devices: ResourceClaimStatus["devices"] = []) =>
    new Map(devices.map((each) => [JSON.stringify([each.driver, each.pool, each.device, each.shareID ?? ""]), each]));
  const [now, then] = [keyed(status.devices), keyed(before.devices)];
  const drivers = new Set<string>();
  for (const [key, device] of now) {
    if (!equalJson(device, then.get(key) ?? null)) drivers.add(device.driver);
  }
  for (const [key, device] of then) if (!now.has(key)) drivers.add(device.driver);
  return [...drivers].sort();
}

/** The one node that the allocation is for; undefined when it is for several. */
function nodeOf({ allocation }: ResourceClaimStatus): string | undefined {
  const [term, ...others] = allocation?.nodeSelector?.nodeSelectorTerms ?? [];
  const [field, ...more] = term?.matchFields ?? [];
  if (others.length + more.length + (term?.matchExpressions?.length ?? 0) > 0) return undefined;
  if (field?.key !== "metadata.name" || field.operator !== "In") return undefined;
  return field.values?.length === 1 ? field.values[0] : undefined;
}

function isOnNode({ name, extra }: UserInfo, node: string | undefined): boolean {
  const names = extra?.[NODE_NAME] ?? [];
  return name.startsWith("system:serviceaccount:") && names.length === 1 && node !== undefined && names[0] === node;
}
