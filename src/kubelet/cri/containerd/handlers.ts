import type { RuntimeHandler, RuntimeStatus } from "../state.ts";

const NO_FEATURES = { recursiveReadOnlyMounts: false, userNamespaces: false };

/**
 * The status with the ways to run pods that containerd's configuration names, where CRI does not tell them (before containerd 2.0).
 * Pure.
 */
export function withHandlers(status: RuntimeStatus): RuntimeStatus {
  if (status.handlers !== undefined) return status;
  const config = JSON.parse(status.info.config ?? "{}") as { containerd?: { runtimes?: Record<string, unknown> } };
  const names = Object.keys(config.containerd?.runtimes ?? {});
  if (names.length === 0) return status;
  // The default one is told under no name, too.
  const handlers: RuntimeHandler[] = ["", ...names].map((name) => ({ name, features: NO_FEATURES }));
  return { ...status, handlers };
}
