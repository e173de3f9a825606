import type { RequestInfo } from "./request-info.ts";

const LONG_SUBRESOURCES = new Set(["attach", "exec", "proxy", "log", "portforward"]);

/** Requests that may take as long as they like: no deadline, and no seat while they go on (upstream's BasicLongRunningRequestCheck). */
export function isLongRunning(info: RequestInfo): boolean {
  if (!info.isResourceRequest) return info.path.startsWith("/debug/pprof/");
  return info.verb === "watch" || info.verb === "proxy" || LONG_SUBRESOURCES.has(info.subresource);
}
