/** Version of this program. */
export const WHERRY_VERSION = "0.1.0";

/** The Kubernetes release whose API is served. */
export const KUBERNETES_MAJOR = "1";
export const KUBERNETES_MINOR = "36";
export const KUBERNETES_VERSION = `v${KUBERNETES_MAJOR}.${KUBERNETES_MINOR}.3`;
/** What nodes and /version report: the API's version, and whose it is. */
export const GIT_VERSION = `${KUBERNETES_VERSION}+wherry${WHERRY_VERSION}`;
