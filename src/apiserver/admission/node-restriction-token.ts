import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { csiDrivers, persistentVolumeClaims, persistentVolumes, pods } from "../../api/generated/resources.ts";
import { notFound } from "../../api/status.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "./admission.ts";
import { draftOf, refuse } from "./refuse.ts";

/** A node gets tokens only for pods that are bound to it. */
export async function checkNodeToken(
  attributes: AdmissionAttributes,
  node: string,
  dependencies: Pick<AdmissionDependencies, "reader" | "authorizer">,
): Promise<void> {
  const { reader } = dependencies;
  if (attributes.subresource !== "token" || attributes.operation !== "CREATE") return;
  const reference = draftOf<TokenRequest>(attributes).spec?.boundObjectRef;
  if (reference === undefined || reference.apiVersion !== "v1" || reference.kind !== "Pod" || !reference.name) {
    throw refuse(attributes, "node requested token not bound to a pod");
  }
  if (!reference.uid) throw refuse(attributes, "node requested token with a pod binding without a uid");
  const pod = await reader.get(pods, attributes.namespace, reference.name);
  if (pod === undefined) throw notFound(pods, reference.name);
  if (pod.metadata?.uid !== reference.uid) {
    const why = `the UID in the bound object reference (${reference.uid}) does not match the UID in record (${pod.metadata?.uid})`;
    throw refuse(attributes, `${why}. The object might have been deleted and then recreated`);
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(attributes, "node requested token bound to a pod scheduled on a different node");
  }
  await checkAudience(attributes, pod, dependencies);
}

/** A node gets no token for an audience that nothing in the pod is for, unless somebody allows it that. */
async function checkAudience(
  attributes: AdmissionAttributes,
  pod: Pod,
  { reader, authorizer }: Pick<AdmissionDependencies, "reader" | "authorizer">,
): Promise<void> {
  const asked = draftOf<TokenRequest>(attributes).spec?.audiences ?? [];
  if (asked.length > 1) throw refuse(attributes, "node may only request 0 or 1 audiences");
  const [audience = ""] = asked;
  if ((await audiencesOf(pod, reader)).has(audience)) return;
  const { user, namespace, name } = attributes;
  const { decision } = await authorizer().authorize({
    user,
    verb: "request-serviceaccounts-token-audience",
    resourceRequest: true,
    group: "",
    version: "",
    resource: audience,
    subresource: "",
    namespace,
    name,
    path: "",
  });
  if (decision === "allow") return;
  const why = `audience "${audience}" not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`;
  throw refuse(attributes, why);
}

/** Audiences of the pod's projected tokens, and of the drivers of its volumes. */
async function audiencesOf(pod: Pod, reader: AdmissionDependencies["reader"]): Promise<Set<string>> {
  const found = new Set<string>();
  const drivers = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
      if (serviceAccountToken !== undefined) found.add(serviceAccountToken.audience ?? "");
    }
    if (volume.csi !== undefined) drivers.add(volume.csi.driver);
    const ephemeral = volume.ephemeral === undefined ? undefined : `${pod.metadata?.name}-${volume.name}`;
    const claimName = volume.persistentVolumeClaim?.claimName ?? ephemeral;
    if (claimName === undefined) continue;
    const claim = await reader.get(persistentVolumeClaims, pod.metadata?.namespace, claimName);
    const bound = claim?.spec?.volumeName;
    const driver = bound && (await reader.get(persistentVolumes, undefined, bound))?.spec?.csi?.driver;
    if (driver) drivers.add(driver);
  }
  for (const name of drivers) {
    const driver = await reader.get(csiDrivers, undefined, name);
    for (const { audience } of driver?.spec.tokenRequests ?? []) found.add(audience);
  }
  return found;
}
