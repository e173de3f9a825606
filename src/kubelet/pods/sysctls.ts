import { dottedSysctl, SAFE_SYSCTLS } from "../../api/core/sysctls.ts";
import type { Pod } from "../../api/generated/core/v1.ts";

/** Why a node does not set what a pod wants of the kernel. */
export function sysctlRejection({ spec }: Pod): { reason: string; message: string } | undefined {
  for (const { name } of spec?.securityContext?.sysctls ?? []) {
    const dotted = dottedSysctl(name);
    const wrong = wrongWith(dotted, { hostNetwork: spec?.hostNetwork, hostIPC: spec?.hostIPC });
    if (wrong !== undefined) {
      return { reason: "SysctlForbidden", message: `forbidden sysctl: "${dotted}" ${wrong}` };
    }
  }
  return undefined;
}

function wrongWith(name: string, of: { hostNetwork: boolean | undefined; hostIPC: boolean | undefined }) {
  if (!Object.hasOwn(SAFE_SYSCTLS, name)) return "not allowlisted";
  if (name.startsWith("net.")) return of.hostNetwork === true ? "not allowed with host Net enabled" : undefined;
  return of.hostIPC === true ? "not allowed with host IPC enabled" : undefined;
}
