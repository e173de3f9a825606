import type { Container, Pod, ServiceAccount, Volume } from "../../api/generated/core/v1.ts";
import { serviceAccounts } from "../../api/generated/resources.ts";
import { atOnce } from "../../base/at-once.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { podReferences } from "../authz/pod-references.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { ephemeralSecretProblems, podSecretProblems } from "./mountable-secrets.ts";
import { draftOf, isAbout, isResource, refuse } from "./refuse.ts";

const DEFAULT_NAME = "default";
const TOKEN_VOLUME_PREFIX = "kube-api-access-";
const TOKEN_MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
/** Slightly over an hour: how the token issuer recognizes pods' default tokens. */
const TOKEN_EXPIRATION_SECONDS = 3607;
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** The default account of a new namespace is made by a controller: a pod may be a moment ahead of it. */
const DEFAULT_ACCOUNT_ATTEMPTS = 10;
const ATTEMPT_INTERVAL_MS = 150;

/** Every pod runs as a service account, and finds that account's token where client libraries look for it. */
export function serviceAccount(dependencies: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    handles: (attributes) =>
      (attributes.operation === "CREATE" && isAbout(attributes, "pods")) || addsEphemeral(attributes),
    admit(attributes) {
      if (attributes.operation !== "CREATE") return;
      const pod = draftOf<Pod>(attributes);
      if (isMirror(pod) || pod.spec === undefined) return;
      if (!pod.spec.serviceAccountName) pod.spec.serviceAccountName = DEFAULT_NAME;
      pod.spec.serviceAccount = pod.spec.serviceAccountName;
      return atOnce(accountOf(pod, attributes, dependencies), (account) => runAs(account, pod, dependencies.random));
    },
    validate(attributes) {
      const pod = draftOf<Pod>(attributes);
      if (isMirror(pod)) {
        checkMirror(pod, attributes);
        return;
      }
      return atOnce(accountOf(pod, attributes, dependencies), (account) => {
        const isNew = attributes.operation === "CREATE";
        const [problem] = isNew ? podSecretProblems(pod, account) : ephemeralSecretProblems(pod, account);
        if (problem !== undefined) throw refuse(attributes, problem);
      });
    },
  };
}

function runAs(account: ServiceAccount, pod: Pod, random: Random): void {
  const spec = pod.spec!;
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (automount) mountToken(pod, random);
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
    spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
  }
}

function addsEphemeral(attributes: AdmissionAttributes): boolean {
  const { operation, subresource } = attributes;
  return operation === "UPDATE" && subresource === "ephemeralcontainers" && isResource(attributes, "pods");
}

function isMirror(pod: Pod): boolean {
  return pod.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined;
}

/** A mirror pod stands for one that runs without the API server: it can have nothing from here. */
function checkMirror(pod: Pod, attributes: AdmissionAttributes): void {
  if (pod.spec?.serviceAccountName) throw refuse(attributes, "a mirror pod may not reference service accounts");
  const { annotations: _, ...metadata } = pod.metadata ?? {};
  if ([...podReferences({ ...pod, metadata })].some((key) => key.startsWith("secrets/"))) {
    throw refuse(attributes, "a mirror pod may not reference secrets");
  }
  for (const { projected } of pod.spec?.volumes ?? []) {
    if (projected?.sources?.some((source) => source.serviceAccountToken !== undefined)) {
      throw refuse(attributes, "a mirror pod may not use ServiceAccountToken volume projections");
    }
  }
}

/** Most accounts are known at once. */
function accountOf(
  pod: Pod,
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): ServiceAccount | Promise<ServiceAccount> {
  const find = (): Found | Promise<Found> =>
    dependencies.reader.get(serviceAccounts, attributes.namespace, pod.spec?.serviceAccountName ?? "");
  return atOnce(find(), (found) => found ?? awaited(pod, attributes, { find, clock: dependencies.clock }));
}

type Found = ServiceAccount | undefined;

async function awaited(
  pod: Pod,
  attributes: AdmissionAttributes,
  { find, clock }: { find: () => Found | Promise<Found>; clock: Clock },
): Promise<ServiceAccount> {
  const name = pod.spec?.serviceAccountName ?? "";
  for (let attempt = 1; attempt < (name === DEFAULT_NAME ? DEFAULT_ACCOUNT_ATTEMPTS : 1); attempt++) {
    await sleep(clock, ATTEMPT_INTERVAL_MS);
    const found = await find();
    if (found !== undefined) return found;
  }
  const where = `${attributes.namespace}/${name}`;
  throw refuse(attributes, `error looking up service account ${where}: serviceaccount "${name}" not found`);
}

function mountToken(pod: Pod, random: Random): void {
  const spec = pod.spec!;
  const existing = spec.volumes?.find((volume) => volume.name.startsWith(TOKEN_VOLUME_PREFIX));
  const name = existing?.name ?? `${TOKEN_VOLUME_PREFIX}${random.suffix(5)}`;
  let mounted = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    mounted = mountInto(container, name) || mounted;
  }
  if (existing === undefined && mounted) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

/** Mounts the volume where nothing else is mounted; whether it did. */
function mountInto(container: Container, name: string): boolean {
  if (container.volumeMounts?.some((mount) => mount.mountPath === TOKEN_MOUNT_PATH)) return false;
  container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_MOUNT_PATH }];
  return true;
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_EXPIRATION_SECONDS, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
