/** Labels and annotations that the kubelet puts on sandboxes and containers: upstream's (pkg/kubelet/types, kuberuntime). */
export const POD_NAME_LABEL = "io.kubernetes.pod.name";
const POD_NAMESPACE_LABEL = "io.kubernetes.pod.namespace";
const POD_UID_LABEL = "io.kubernetes.pod.uid";
export const CONTAINER_NAME_LABEL = "io.kubernetes.container.name";

export const CONTAINER_HASH_ANNOTATION = "io.kubernetes.container.hash";
export const RESTART_COUNT_ANNOTATION = "io.kubernetes.container.restartCount";
export const TERMINATION_MESSAGE_PATH_ANNOTATION = "io.kubernetes.container.terminationMessagePath";
export const TERMINATION_MESSAGE_POLICY_ANNOTATION = "io.kubernetes.container.terminationMessagePolicy";
/** Not upstream's: the resources that the container was made with, as JSON, for a kubelet that comes later. */
export const RESOURCES_ANNOTATION = "wherry.local/resources";
export const POD_TERMINATION_GRACE_ANNOTATION = "io.kubernetes.pod.terminationGracePeriod";
/** Not upstream's: where on this machine the termination message is written. */
export const TERMINATION_MESSAGE_FILE_ANNOTATION = "wherry.local/termination-message-file";

export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

export function podLabels({ uid, namespace, name }: PodIdentity): Record<string, string> {
  return { [POD_NAME_LABEL]: name, [POD_NAMESPACE_LABEL]: namespace, [POD_UID_LABEL]: uid };
}

/** The pod whose sandbox or container it is, by its uid; undefined when the kubelet did not make it. */
export function podUid(labels: Readonly<Record<string, string>>): string | undefined {
  return labels[POD_UID_LABEL] || undefined;
}

/** Whose sandbox or container it is; undefined when the kubelet did not make it. */
export function podIdentity(labels: Readonly<Record<string, string>>): PodIdentity | undefined {
  const uid = podUid(labels);
  if (uid === undefined) return undefined;
  return { uid, namespace: labels[POD_NAMESPACE_LABEL] ?? "", name: labels[POD_NAME_LABEL] ?? "" };
}
