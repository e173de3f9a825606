import type { AppArmorProfile, Pod } from "../../api/generated/core/v1.ts";
import type { SecurityProfile } from "../cri/config.ts";
import { type AnyContainer, podContainers } from "./pod.ts";

/** The profile that a container's own context names, or that of its pod. */
function profileOf({ spec }: Pod, container: AnyContainer): AppArmorProfile | undefined {
  return container.securityContext?.appArmorProfile ?? spec?.securityContext?.appArmorProfile;
}

/** Why a node cannot take a pod for its AppArmor profiles, in upstream's words. Pure. */
export function appArmorRejection(pod: Pod, isEnforced: boolean): { reason: string; message: string } | undefined {
  const refuse = (why: string) => ({
    reason: "AppArmor",
    message: `Cannot enforce AppArmor: ${why}`,
  });
  const contexts = [pod.spec?.securityContext, ...podContainers(pod).map(({ container }) => container.securityContext)];
  const wanted = contexts
    .flatMap((context) => context?.appArmorProfile ?? [])
    .filter(({ type }) => type !== "Unconfined");
  if (wanted.length === 0) return undefined;
  if (!isEnforced) return refuse("AppArmor is not enabled on the host");
  const isUnnamed = ({ type, localhostProfile = "" }: AppArmorProfile) =>
    type === "Localhost" && !localhostProfile.trim();
  return wanted.some(isUnnamed) ? refuse('invalid empty AppArmor profile name: ""') : undefined;
}

/** What the runtime is told of a container's profile: in both of CRI's fields, for older runtimes know the text alone. Pure. */
export function appArmor(pod: Pod, container: AnyContainer): { apparmor?: SecurityProfile; apparmorProfile?: string } {
  const { type, localhostProfile = "" } = profileOf(pod, container) ?? {};
  switch (type) {
    case "RuntimeDefault":
      return { apparmor: { profileType: type }, apparmorProfile: "runtime/default" };
    case "Unconfined":
      return { apparmor: { profileType: type }, apparmorProfile: "unconfined" };
    case "Localhost":
      return {
        apparmor: { profileType: type, localhostRef: localhostProfile },
        apparmorProfile: `localhost/${localhostProfile}`,
      };
    default:
      return {};
  }
}
