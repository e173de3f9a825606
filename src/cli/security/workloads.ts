import type { Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { manual, passed, type SecurityCheck, undecided } from "./check.ts";

const POLICY = "give namespaces a level: kubectl label namespace NAME pod-security.kubernetes.io/enforce=baseline";

type Container = NonNullable<PodSpec["containers"]>[number];

export const workloadChecks: readonly SecurityCheck[] = [
  ofPods("5.2.2", "no privileged containers", ({ securityContext }) => securityContext?.privileged === true),
  ofHosts("5.2.3", "no containers that see the host's processes", ({ hostPID }) => hostPID === true),
  ofHosts("5.2.4", "no containers in the host's IPC namespace", ({ hostIPC }) => hostIPC === true),
  ofHosts("5.2.5", "no containers in the host's network", ({ hostNetwork }) => hostNetwork === true),
  ofPods(
    "5.2.6",
    "no containers that may gain privileges",
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation === true,
  ),
  manual("5.2.7", "few containers run as root", POLICY.replace("baseline", "restricted")),
  ofPods(
    "5.2.8",
    "no containers with NET_RAW added",
    ({ securityContext }) => securityContext?.capabilities?.add?.includes("NET_RAW") === true,
  ),
  ofPods(
    "5.2.9",
    "no containers with added capabilities",
    ({ securityContext }) => (securityContext?.capabilities?.add?.length ?? 0) > 0,
  ),
  manual("5.2.10", "few containers have capabilities at all", POLICY.replace("baseline", "restricted")),
  manual("5.2.11", "no Windows HostProcess containers", "there are no Windows nodes in a cluster of Wherry's own"),
  ofHosts(
    "5.2.12",
    "no volumes of the host",
    ({ volumes }) => volumes?.some(({ hostPath }) => hostPath !== undefined) === true,
  ),
  ofPods("5.2.13", "no ports of the host", ({ ports }) => ports?.some(({ hostPort }) => (hostPort ?? 0) > 0) === true),
  manual("5.3.1", "the pod network supports NetworkPolicy", "it does not yet: policies are stored and have no effect"),
  manual(
    "5.3.2",
    "every namespace has NetworkPolicies",
    "policies have no effect yet: keep what must not meet in clusters of their own",
  ),
  manual("5.4.1", "Secrets are files rather than environment variables", "mount Secrets as volumes"),
  manual(
    "5.4.2",
    "an external store of secrets was considered",
    "where several clusters share secrets, keep them in a key service",
  ),
  manual("5.5.1", "images are checked where they come from", "configure ImagePolicyWebhook, or a policy on images"),
  manual(
    "5.7.1",
    "namespaces separate who has nothing to do with each other",
    "use a namespace for each application or team",
  ),
  manual("5.7.2", "seccomp profiles are RuntimeDefault", "set seccompProfile RuntimeDefault in pods"),
  manual(
    "5.7.3",
    "pods have security contexts",
    "set what a container may: runAsNonRoot, capabilities, readOnlyRootFilesystem",
  ),
  manual("5.7.4", "the default namespace is not used", "create objects in namespaces of their own"),
  manual(
    "3.1.1",
    "people do not come in by client certificates",
    "a certificate cannot be taken back: use an identity provider (OIDC)",
  ),
  manual("3.1.2", "people do not come in by service account tokens", "use an identity provider (OIDC)"),
  manual("3.1.3", "people do not come in by bootstrap tokens", "use an identity provider (OIDC)"),
  manual(
    "3.2.1",
    "an audit policy was chosen",
    "the default policy logs who did what, and no bodies of Secrets; choose another with --audit-policy-file",
  ),
  manual("1.2.20", "the deadline of requests is sensible", "upstream's 60 seconds are kept"),
];

function ofPods(id: string, title: string, isSuch: (container: Container) => boolean): SecurityCheck {
  return ofHosts(id, title, ({ containers = [], initContainers = [] }) =>
    [...containers, ...(initContainers ?? [])].some(isSuch),
  );
}

/** Pods of the system are as the cluster made them; of all others a person judges. */
function ofHosts(id: string, title: string, isSuch: (spec: PodSpec) => boolean): SecurityCheck {
  return {
    id,
    title,
    remedy: POLICY,
    async look({ client }) {
      const { items } = await client.list(pods);
      const found = items.filter(({ metadata, spec }) => metadata?.namespace !== "kube-system" && spec && isSuch(spec));
      return found.length === 0 ? passed(`${items.length} pods, none such`) : undecided(found.map(nameOf).join(", "));
    },
  };
}

function nameOf({ metadata }: Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}
