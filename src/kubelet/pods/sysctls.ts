import type { Pod } from "../../api/generated/core/v1.ts";

/** Settings of the kernel that a pod has for itself and that harm nobody else (upstream: sysctl/safe_sysctls.go). */
const SAFE: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

/** Why a node does not set what a pod wants of the kernel. */
export function sysctlRejection({ spec }: Pod): { reason: string; message: string } | undefined {
  for (const { name } of spec?.securityContext?.sysctls ?? []) {
    const wrong = wrongWith(dotted(name), { hostNetwork: spec?.hostNetwork, hostIPC: spec?.hostIPC });
    if (wrong !== undefined) {
      return { reason: "SysctlForbidden", message: `forbidden sysctl: "${dotted(name)}" ${wrong}` };
    }
  }
  return undefined;
}

function wrongWith(name: string, of: { hostNetwork: boolean | undefined; hostIPC: boolean | undefined }) {
  if (!SAFE.has(name)) return "not allowlisted";
  if (name.startsWith("net.")) return of.hostNetwork === true ? "not allowed with host Net enabled" : undefined;
  return of.hostIPC === true ? "not allowed with host IPC enabled" : undefined;
}

/** `net/ipv4/tcp_rmem` is another way to write `net.ipv4.tcp_rmem`; dots and slashes change places. */
function dotted(name: string): string {
  if (/[./]/.exec(name)?.[0] !== "/") return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === "/" ? "." : "/"));
}
