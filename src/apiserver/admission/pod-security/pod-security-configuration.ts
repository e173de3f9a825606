import type { Labels } from "../../../api/selectors.ts";

/** PodSecurityConfiguration of pod-security.admission.config.k8s.io. */
export interface PodSecurityConfiguration {
  /** `enforce`, `enforce-version`, `audit` …: what holds where a namespace's labels say nothing. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly exemptions: {
    readonly usernames: readonly string[];
    readonly runtimeClasses: readonly string[];
    readonly namespaces: readonly string[];
  };
}

export const NO_POD_SECURITY_CONFIGURATION: PodSecurityConfiguration = {
  defaults: {},
  exemptions: { usernames: [], runtimeClasses: [], namespaces: [] },
};

/** The labels of a namespace with the defaults where it has none. */
export function withDefaults(labels: Labels | undefined, { defaults }: PodSecurityConfiguration): Labels {
  let prefixed = prefixedDefaults.get(defaults);
  if (prefixed === undefined) {
    const entries = Object.entries(defaults).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]);
    prefixedDefaults.set(defaults, (prefixed = Object.fromEntries(entries) as Labels));
  }
  return { ...prefixed, ...labels };
}

/** A configuration's own stay the same. */
const prefixedDefaults = new WeakMap<object, Labels>();
