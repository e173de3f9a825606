import type { Container, Pod, ServiceAccount } from "../../api/generated/core/v1.ts";

const ENFORCE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets";

/**
 * What the pod uses of Secrets beyond those that its account lists, in upstream's words; nothing unless the account asks
 * for the check by its annotation.
 */
export function podSecretProblems(pod: Pod, account: ServiceAccount): string[] {
  if (!isTrue(account.metadata?.annotations?.[ENFORCE_ANNOTATION])) return [];
  const name = account.metadata?.name;
  const mountable = new Set((account.secrets ?? []).map((secret) => secret.name));
  const pulled = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name));
  const because = `because service account ${name} does not reference that secret`;
  const problems: string[] = [];
  for (const { name: volume, secret } of pod.spec?.volumes ?? []) {
    if (secret?.secretName === undefined || mountable.has(secret.secretName)) continue;
    problems.push(`volume with secret.secretName="${secret.secretName}" is not allowed ${because} (volume ${volume})`);
  }
  const groups: [string, readonly Container[]][] = [
    ["Init container", pod.spec?.initContainers ?? []],
    ["Container", pod.spec?.containers ?? []],
  ];
  for (const [kind, containers] of groups) {
    for (const container of containers) {
      for (const { variable, secret } of environmentSecrets(container)) {
        if (mountable.has(secret)) continue;
        problems.push(
          `${kind} ${container.name} with envVar ${variable} referencing secret.secretName="${secret}" is not allowed ${because}`,
        );
      }
    }
  }
  for (const [index, { name: secret }] of (pod.spec?.imagePullSecrets ?? []).entries()) {
    if (pulled.has(secret)) continue;
    problems.push(
      `imagePullSecrets[${index}].name="${secret}" is not allowed because service account ${name} does not reference that imagePullSecret`,
    );
  }
  return problems;
}

/** The same for containers that are added to a pod that runs. */
export function ephemeralSecretProblems(pod: Pod, account: ServiceAccount): string[] {
  if (!isTrue(account.metadata?.annotations?.[ENFORCE_ANNOTATION])) return [];
  const mountable = new Set((account.secrets ?? []).map((secret) => secret.name));
  const because = `because service account ${account.metadata?.name} does not reference that secret`;
  return (pod.spec?.ephemeralContainers ?? []).flatMap((container) =>
    environmentSecrets(container)
      .filter(({ secret }) => !mountable.has(secret))
      .map(
        ({ variable, secret }) =>
          `Ephemeral container ${container.name} with envVar ${variable} referencing secret.secretName="${secret}" is not allowed ${because}`,
      ),
  );
}

function environmentSecrets(container: Pick<Container, "env" | "envFrom">): { variable: string; secret: string }[] {
  const named = (container.env ?? []).flatMap(({ name, valueFrom }) => {
    const secret = valueFrom?.secretKeyRef?.name;
    return secret === undefined ? [] : [{ variable: name, secret }];
  });
  const whole = (container.envFrom ?? []).flatMap(({ secretRef }) =>
    secretRef?.name === undefined ? [] : [{ variable: "*", secret: secretRef.name }],
  );
  return [...named, ...whole];
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}
