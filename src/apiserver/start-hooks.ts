import type { HealthCheck } from "./handlers/health.ts";

/** What a start consists of, by upstream's names of it and in the order in which upstream lists it. */
const NAMES = [
  "poststarthook/start-apiserver-admission-initializer",
  "poststarthook/generic-apiserver-start-informers",
  "poststarthook/priority-and-fairness-config-consumer",
  "poststarthook/priority-and-fairness-filter",
  "poststarthook/max-in-flight-filter",
  "poststarthook/storage-object-count-tracker-hook",
  "poststarthook/start-apiextensions-informers",
  "poststarthook/start-apiextensions-controllers",
  "poststarthook/crd-informer-synced",
  "poststarthook/start-system-namespaces-controller",
  "poststarthook/start-cluster-authentication-info-controller",
  "poststarthook/start-kube-apiserver-identity-lease-controller",
  "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
  "poststarthook/start-legacy-token-tracking-controller",
  "poststarthook/start-service-ip-repair-controllers",
  "poststarthook/rbac/bootstrap-roles",
  "poststarthook/scheduling/bootstrap-system-priority-classes",
  "poststarthook/priority-and-fairness-config-producer",
  "poststarthook/bootstrap-controller",
  "poststarthook/start-kubernetes-service-cidr-controller",
  "poststarthook/aggregator-reload-proxy-client-cert",
  "poststarthook/start-kube-aggregator-informers",
  "poststarthook/apiservice-status-local-available-controller",
  "poststarthook/apiservice-status-remote-available-controller",
  "poststarthook/apiservice-registration-controller",
  "poststarthook/apiservice-discovery-controller",
  "poststarthook/kube-apiserver-autoregistration",
  "autoregister-completion",
  "poststarthook/apiservice-openapi-controller",
  "poststarthook/apiservice-openapiv3-controller",
] as const;

type CheckName = (typeof NAMES)[number];
/** A step of the start, as upstream names its hook. */
export type StartHook = CheckName extends infer Name
  ? Name extends `poststarthook/${infer Hook}`
    ? Hook
    : Name
  : never;

const FAIR: readonly StartHook[] = [
  "priority-and-fairness-config-consumer",
  "priority-and-fairness-filter",
  "storage-object-count-tracker-hook",
  "priority-and-fairness-config-producer",
];
const UNFAIR: readonly StartHook[] = ["max-in-flight-filter"];
const IDENTITY: readonly StartHook[] = [
  "start-kube-apiserver-identity-lease-controller",
  "start-kube-apiserver-identity-lease-garbage-collector",
];

/** Which steps of the start are done: whoever takes one says so, and the health checks of upstream's names tell it. */
export class StartHooks {
  readonly #done = new Set<StartHook>();

  /** Idempotent. */
  done(...hooks: readonly StartHook[]): void {
    for (const hook of hooks) this.#done.add(hook);
  }

  /**
   * One check a step, in upstream's order.
   * @param of.isFair requests are limited by API Priority and Fairness, not by number alone
   * @param of.hasIdentity the server says in a Lease that it lives
   */
  checks(of: { isFair: boolean; hasIdentity?: boolean }): readonly HealthCheck[] {
    const absent = new Set<StartHook>([...(of.isFair ? UNFAIR : FAIR), ...(of.hasIdentity === false ? IDENTITY : [])]);
    const present = NAMES.map((name) => ({ name, hook: name.replace("poststarthook/", "") as StartHook }));
    return present
      .filter(({ hook }) => !absent.has(hook))
      .map(({ name, hook }) => ({ name, check: () => (this.#done.has(hook) ? undefined : "not finished") }));
  }
}
