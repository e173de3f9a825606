import type { Authenticator } from "./authenticator.ts";
import { anonymousUser } from "./users.ts";

/** Who may come in without credentials: nobody, everybody, or everybody on some exact paths. */
export interface AnonymousPolicy {
  readonly enabled: boolean;
  /** All when absent or empty. */
  readonly paths?: readonly string[] | undefined;
}

/** What ClusterRole system:public-info-viewer lets everybody see: whether the server is well, and its version. */
export const PUBLIC_PATHS: readonly string[] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/** Requests without credentials, when nothing else knew them. */
export function anonymousAuthenticator(policy: () => AnonymousPolicy): Authenticator {
  return {
    name: "anonymous",
    authenticate({ path }) {
      const { enabled, paths = [] } = policy();
      if (!enabled) return undefined;
      if (paths.length > 0 && !(path !== undefined && paths.includes(path))) return undefined;
      return anonymousUser;
    },
  };
}
