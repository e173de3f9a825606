import type { Pod, PodCertificateProjection, VolumeProjection } from "../../api/generated/core/v1.ts";
import { isNotFound } from "../../api/status.ts";
import { podMemoryDirectory, volumeDirectory } from "../pods/paths.ts";
import { identityOf } from "../pods/pod.ts";
import type { Credential } from "./certificate-request.ts";
import type { Payload, PayloadFile } from "./files.ts";
import { configMapPayload, downwardPayload, secretPayload } from "./payload.ts";
import type { VolumeContext, VolumeDriver } from "./volume.ts";

const DEFAULT_TOKEN_SECONDS = 3600;

/** Several sources in one directory; it lies in memory, since tokens and secrets may be among them. */
export const projectedVolume: VolumeDriver = {
  plugin: "projected",
  refreshed: true,
  async setUp({ name, projected: source = {} }, context) {
    const { pod, paths, files } = context;
    const hostPath = volumeDirectory(podMemoryDirectory(paths, identityOf(pod).uid), "projected", name);
    const defaultMode = source.defaultMode ?? 0o644;
    const payload = new Map<string, PayloadFile>();
    const parts = (source.sources ?? []).map((projection, index) =>
      project(projection, { ...context, defaultMode, place: { volume: name, index } }),
    );
    for (const part of await Promise.all(parts)) for (const [path, file] of part) payload.set(path, file);
    await files.writePayload(hostPath, payload, { gid: pod.spec?.securityContext?.fsGroup, inMemory: true });
    return { hostPath, readOnly: true };
  },
};

async function project(
  projection: VolumeProjection,
  context: VolumeContext & { defaultMode: number; place: { volume: string; index: number } },
): Promise<Payload> {
  const { pod, objects, tokens, fields, defaultMode } = context;
  const { namespace } = identityOf(pod);
  const orMissing = (optional: boolean | undefined) => (error: unknown) => {
    if (optional === true && isNotFound(error)) return undefined;
    throw error;
  };
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = projection;
  if (configMap !== undefined) {
    const found = await objects.configMap(namespace, configMap.name ?? "").catch(orMissing(configMap.optional));
    return configMapPayload(found, { ...configMap, defaultMode });
  }
  if (secret !== undefined) {
    const found = await objects.secret(namespace, secret.name ?? "").catch(orMissing(secret.optional));
    return secretPayload(found, { ...secret, defaultMode });
  }
  if (downwardAPI !== undefined) return downwardPayload(pod, downwardAPI.items ?? [], { defaultMode, fields });
  if (serviceAccountToken !== undefined) {
    const { path, audience, expirationSeconds = DEFAULT_TOKEN_SECONDS } = serviceAccountToken;
    const token = await tokens.token(pod, { audience, expirationSeconds });
    return new Map([[path, { content: Buffer.from(token), ...tokenAccess(pod, defaultMode) }]]);
  }
  if (clusterTrustBundle !== undefined) {
    const anchors = await context.trust.anchors(clusterTrustBundle);
    return new Map([[clusterTrustBundle.path, { content: Buffer.from(anchors), ...tokenAccess(pod, defaultMode) }]]);
  }
  if (podCertificate !== undefined) {
    const credential = context.certificates.credential(pod, { ...context.place, projection: podCertificate });
    return certificatePayload(podCertificate, credential, tokenAccess(pod, defaultMode));
  }
  throw new Error(
    `a projected volume cannot have ${Object.keys(projection).join(", ") || "an empty source"} on this node`,
  );
}

/** The key and its certificates in one file, or each in one, as the pod wants it. */
function certificatePayload(
  { credentialBundlePath, keyPath, certificateChainPath }: PodCertificateProjection,
  { key, chain }: Credential,
  access: Omit<PayloadFile, "content">,
): Payload {
  const payload = new Map<string, PayloadFile>();
  const add = (path: string | undefined, text: string) => {
    if (path) payload.set(path, { content: Buffer.from(text), ...access });
  };
  add(credentialBundlePath, key + chain);
  add(keyPath, key);
  add(certificateChainPath, chain);
  return payload;
}

/** A token is its user's alone when the pod says who that is: by one user of all containers, or by its fsGroup. */
function tokenAccess(pod: Pod, defaultMode: number): { mode: number; uid?: number } {
  const shared = pod.spec?.securityContext ?? {};
  const users = new Set(
    (pod.spec?.containers ?? []).map((container) => container.securityContext?.runAsUser ?? shared.runAsUser),
  );
  const [only] = users;
  const uid = users.size === 1 ? only : undefined;
  if (uid === undefined && shared.fsGroup === undefined) return { mode: defaultMode };
  return { mode: 0o600, ...(uid !== undefined && { uid }) };
}
