import type { SeccompProfile, Volume } from "../../../api/generated/core/v1.ts";
import { procMount } from "./baseline-checks.ts";
import {
  type AnyContainer,
  containersOf,
  containersWhere,
  isAtHome,
  named,
  type PodLike,
  type PodSecurityCheck,
  plural,
  quoted,
  setters,
  sortedUnique,
  type Violation,
  violation,
} from "./check.ts";

const ALLOWED_VOLUMES = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/** The restricted level, beyond baseline: the habits of a hardened pod. */
export const restrictedChecks: readonly PodSecurityCheck[] = [
  { id: "allowPrivilegeEscalation", since: 8, find: ofLinux(allowPrivilegeEscalation) },
  { id: "capabilities_restricted", since: 22, replaces: "capabilities_baseline", find: ofLinux(capabilities) },
  { id: "procMount_restricted", since: 35, replaces: "procMount", find: procMount },
  { id: "restrictedVolumes", replaces: "hostPathVolumes", find: volumes },
  { id: "runAsNonRoot", find: (pod, minor) => (isAtHome(pod, minor) ? undefined : runAsNonRoot(pod)) },
  { id: "runAsUser", since: 23, find: (pod, minor) => (isAtHome(pod, minor) ? undefined : runAsUser(pod)) },
  { id: "seccompProfile_restricted", since: 19, replaces: "seccompProfile_baseline", find: ofLinux(seccompProfile) },
];

/** These controls are Linux's: since 1.25 a pod that says it is for Windows need not set them. */
function ofLinux(find: (pod: PodLike) => Violation | undefined): PodSecurityCheck["find"] {
  return (pod, minor) => (minor >= 25 && pod.spec.os?.name === "windows" ? undefined : find(pod));
}

function allowPrivilegeEscalation(pod: PodLike): Violation | undefined {
  const who = containersWhere(pod, (context) => context.allowPrivilegeEscalation !== false);
  const detail = "must set securityContext.allowPrivilegeEscalation=false";
  return violation("allowPrivilegeEscalation != false", setters(false, who), detail);
}

function capabilities(pod: PodLike): Violation | undefined {
  const extra = ({ securityContext }: AnyContainer): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((capability) => capability !== "NET_BIND_SERVICE");
  const keeping = containersWhere(pod, (context) => !(context.capabilities?.drop ?? []).includes("ALL"));
  const adding = containersWhere(pod, (_, container) => extra(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0) details.push(`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const added = quoted(sortedUnique(containersOf(pod).flatMap(extra)));
    details.push(`${named(adding)} must not include ${added} in securityContext.capabilities.add`);
  }
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
}

function volumes({ spec }: PodLike): Violation | undefined {
  const typeOf = ({ name, ...source }: Volume): string => Object.keys(source)[0] ?? "unknown";
  const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED_VOLUMES.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sortedUnique(bad.map(typeOf));
  const uses = bad.length === 1 ? "uses" : "use";
  const names = bad.map(({ name }) => name);
  const what = `restricted volume ${plural(types.length, "type")} ${quoted(types)}`;
  return { reason: "restricted volume types", detail: `${named(names, "volume")} ${uses} ${what}` };
}

function runAsNonRoot(pod: PodLike): Violation | undefined {
  const reason = "runAsNonRoot != true";
  const own = pod.spec.securityContext?.runAsNonRoot;
  const rooted = containersWhere(pod, (context) => context.runAsNonRoot === false);
  const silent = own === true ? [] : containersWhere(pod, (context) => context.runAsNonRoot === undefined);
  const explicit = violation(reason, setters(own === false, rooted), "must not set securityContext.runAsNonRoot=false");
  if (explicit !== undefined || silent.length === 0) return explicit;
  return { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` };
}

function runAsUser(pod: PodLike): Violation | undefined {
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    containersWhere(pod, (context) => context.runAsUser === 0),
  );
  return violation("runAsUser=0", who, "must not set runAsUser=0");
}

function seccompProfile(pod: PodLike): Violation | undefined {
  const reason = "seccompProfile";
  const isGood = (profile: SeccompProfile | undefined): boolean =>
    profile?.type === "RuntimeDefault" || profile?.type === "Localhost";
  const own = pod.spec.securityContext?.seccompProfile;
  const bad = containersWhere(pod, ({ seccompProfile: profile }) => profile !== undefined && !isGood(profile));
  const silent = isGood(own) ? [] : containersWhere(pod, (context) => context.seccompProfile === undefined);
  const ownIsBad = own !== undefined && !isGood(own);
  const types = sortedUnique([
    ...(ownIsBad ? [own.type] : []),
    ...containersOf(pod).flatMap(({ securityContext: context }) =>
      context?.seccompProfile !== undefined && !isGood(context.seccompProfile) ? [context.seccompProfile.type] : [],
    ),
  ]);
  const explicit = violation(
    reason,
    setters(ownIsBad, bad),
    `must not set securityContext.seccompProfile.type to ${quoted(types)}`,
  );
  if (explicit !== undefined || silent.length === 0) return explicit;
  const detail = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason, detail: `pod or ${named(silent)} ${detail}` };
}
