import type { BoundObjectReference } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { ServiceAccount } from "../../api/generated/core/v1.ts";
import { nodes, pods, secrets } from "../../api/generated/resources.ts";
import { type ApiObject, parseApiVersion, type ResourceReference } from "../../api/meta.ts";
import { badRequest, conflict, notFound } from "../../api/status.ts";
import type { ObjectReader } from "../reader.ts";
import type { KubernetesClaims, ObjectClaim } from "./service-account-claims.ts";

type BoundClaims = Pick<KubernetesClaims, "pod" | "secret" | "node">;

/**
 * The claims that tie a token to the object that the request names, and a pod's token also to its node.
 * @throws StatusError NotFound when the object is not there, Conflict when it is another one of that name, BadRequest when
 * it is not the service account's
 */
export async function bindToken(
  reader: ObjectReader,
  serviceAccount: ServiceAccount,
  reference: BoundObjectReference | undefined,
): Promise<BoundClaims> {
  if (reference === undefined) return {};
  const namespace = serviceAccount.metadata?.namespace;
  const slash = reference.apiVersion?.indexOf("/") ?? -1;
  const coreKind = slash < 0 ? reference.kind : undefined;
  switch (coreKind) {
    case "Pod":
      return bindToPod(reader, serviceAccount, reference);
    case "Node":
      return { node: await boundObject(reader, nodes, { namespace: undefined, reference }).then(claimOf) };
    case "Secret":
      return { secret: await boundObject(reader, secrets, { namespace, reference }).then(claimOf) };
    default:
      throw badRequest(`cannot bind token to object of type ${typeText(reference)}`);
  }
}

async function bindToPod(
  reader: ObjectReader,
  serviceAccount: ServiceAccount,
  reference: BoundObjectReference,
): Promise<BoundClaims> {
  const { name, namespace } = serviceAccount.metadata ?? {};
  const pod = await boundObject(reader, pods, { namespace, reference });
  if (pod.spec?.serviceAccountName !== name) {
    throw badRequest(
      `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`,
    );
  }
  const nodeName = pod.spec?.nodeName;
  if (nodeName === undefined || nodeName === "") return { pod: claimOf(pod) };
  const node = await reader.get(nodes, undefined, nodeName);
  return { node: node === undefined ? { name: nodeName } : claimOf(node), pod: claimOf(pod) };
}

async function boundObject<T extends ApiObject>(
  reader: ObjectReader,
  resource: ResourceReference<T>,
  { namespace, reference }: { namespace: string | undefined; reference: BoundObjectReference },
): Promise<T> {
  const name = reference.name ?? "";
  const object = await reader.get(resource, namespace, name);
  if (object === undefined) throw notFound(resource, name);
  const uid = object.metadata?.uid;
  if (reference.uid && reference.uid !== uid) {
    const why = `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(resource, name, why);
  }
  return object;
}

function claimOf(object: ApiObject): ObjectClaim {
  return { name: object.metadata?.name ?? "", uid: object.metadata?.uid ?? "" };
}

/** A group, version and kind as Go prints them. */
function typeText({ apiVersion = "", kind = "" }: BoundObjectReference): string {
  const { group, version } = parseApiVersion(apiVersion);
  return `${group}/${version}, Kind=${kind}`;
}
