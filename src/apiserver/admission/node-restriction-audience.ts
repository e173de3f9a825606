import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { PersistentVolumeSpec, Pod, Volume } from "../../api/generated/core/v1.ts";
import { csiDrivers, persistentVolumeClaims, persistentVolumes } from "../../api/generated/resources.ts";
import { notFound, StatusError } from "../../api/status.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "./admission.ts";
import { draftOf, refuse } from "./refuse.ts";

type Reader = AdmissionDependencies["reader"];

/** Drivers that took over volumes which once were in Kubernetes itself. */
const MIGRATED_TO = {
  awsElasticBlockStore: "ebs.csi.aws.com",
  azureDisk: "disk.csi.azure.com",
  azureFile: "file.csi.azure.com",
  cinder: "cinder.csi.openstack.org",
  gcePersistentDisk: "pd.csi.storage.gke.io",
  portworxVolume: "pxd.portworx.com",
  vsphereVolume: "csi.vsphere.vmware.com",
} as const;

/** A node gets no token for an audience that nothing in the pod is for, unless somebody allows it that. */
export async function checkAudience(
  attributes: AdmissionAttributes,
  pod: Pod,
  { reader, authorizer }: Pick<AdmissionDependencies, "reader" | "authorizer">,
): Promise<void> {
  const asked = draftOf<TokenRequest>(attributes).spec?.audiences ?? [];
  if (asked.length > 1) throw refuse(attributes, "node may only request 0 or 1 audiences");
  const [audience = ""] = asked;
  const { isFound, errors } = await lookFor(audience, pod, reader);
  if (isFound) return;
  if (errors.length > 0) {
    const why = errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`;
    throw refuse(attributes, `error validating audience "${audience}": ${why}`);
  }
  const { user, namespace, name } = attributes;
  const { decision } = await authorizer().authorize({
    user,
    verb: "request-serviceaccounts-token-audience",
    resourceRequest: true,
    group: "",
    version: "v1",
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

/** Whether a projected token of the pod is for the audience, or the driver of one of its volumes wants tokens for it. */
async function lookFor(
  audience: string,
  pod: Pod,
  reader: Reader,
): Promise<{ readonly isFound: boolean; readonly errors: readonly string[] }> {
  const errors = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    const tokens = (volume.projected?.sources ?? []).flatMap((source) => source.serviceAccountToken ?? []);
    if (tokens.some((token) => (token.audience ?? "") === audience)) return { isFound: true, errors: [] };
    try {
      const driver = await driverOf(volume, pod, reader);
      if (driver !== undefined && (await wantsTokensFor(audience, driver, reader)))
        return { isFound: true, errors: [] };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      errors.add(error.message);
    }
  }
  return { isFound: false, errors: [...errors] };
}

/** @throws StatusError NotFound when the claim or its volume is not there */
async function driverOf(volume: Volume, pod: Pod, reader: Reader): Promise<string | undefined> {
  const { ephemeral, persistentVolumeClaim, csi } = volume;
  if (ephemeral?.volumeClaimTemplate !== undefined) {
    return await driverOfClaim(`${pod.metadata?.name}-${volume.name}`, pod, reader);
  }
  if (persistentVolumeClaim !== undefined) return await driverOfClaim(persistentVolumeClaim.claimName, pod, reader);
  return csi?.driver ?? migratedDriver(volume);
}

async function driverOfClaim(name: string, pod: Pod, reader: Reader): Promise<string | undefined> {
  const claim = await reader.get(persistentVolumeClaims, pod.metadata?.namespace, name);
  if (claim === undefined) throw notFound({ group: "", resource: "persistentvolumeclaim" }, name);
  const bound = claim.spec?.volumeName ?? "";
  const volume = bound === "" ? undefined : await reader.get(persistentVolumes, undefined, bound);
  if (volume === undefined) throw notFound({ group: "", resource: "persistentvolume" }, bound);
  return volume.spec?.csi?.driver ?? migratedDriver(volume.spec ?? {});
}

function migratedDriver(source: Volume | PersistentVolumeSpec): string | undefined {
  const fields = Object.keys(MIGRATED_TO) as (keyof typeof MIGRATED_TO)[];
  const field = fields.find((each) => source[each] !== undefined);
  return field === undefined ? undefined : MIGRATED_TO[field];
}

/** @throws StatusError NotFound when there is no such driver */
async function wantsTokensFor(audience: string, name: string, reader: Reader): Promise<boolean> {
  const driver = await reader.get(csiDrivers, undefined, name);
  if (driver === undefined) throw notFound({ group: "storage.k8s.io", resource: "csidriver" }, name);
  return (driver.spec.tokenRequests ?? []).some((request) => request.audience === audience);
}
