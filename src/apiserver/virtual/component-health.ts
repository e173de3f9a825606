import { leases } from "../../api/generated/resources.ts";
import type { Clock } from "../../base/clock.ts";
import type { Store } from "../../store/store.ts";
import type { ObjectReader } from "../reader.ts";

/** One line of `kubectl get componentstatuses`. */
export interface ComponentHealth {
  readonly name: string;
  /** What is wrong, or undefined. Does not throw. */
  check(): Promise<string | undefined>;
}

/** The components that upstream's server knows of, under the names of their Leases. */
const LED = { "controller-manager": "kube-controller-manager", scheduler: "kube-scheduler" } as const;
const LEASES_NAMESPACE = "kube-system";

/**
 * Upstream asks ports of the own machine. Here a component is well when it holds its Lease, or when it runs in this process
 * and needs none; the store, when its present revision can be read.
 *
 * @param isInside whether a component of this name has its door in this process
 */
export function componentHealth(options: {
  readonly reader: ObjectReader;
  readonly store: Store;
  readonly clock: Clock;
  isInside(component: string): boolean;
}): readonly ComponentHealth[] {
  const { reader, store, clock } = options;
  const led = Object.entries(LED).map(
    ([name, lease]): ComponentHealth => ({
      name,
      async check() {
        const held = (await reader.get(leases, LEASES_NAMESPACE, lease))?.spec;
        const renewed = Date.parse(held?.renewTime ?? "");
        const isFresh = renewed + (held?.leaseDurationSeconds ?? 0) * 1000 >= clock.now();
        if ((held?.holderIdentity && isFresh) || options.isInside(lease)) return undefined;
        return held?.renewTime === undefined
          ? `nobody holds the Lease ${LEASES_NAMESPACE}/${lease}`
          : `the Lease ${LEASES_NAMESPACE}/${lease} was last renewed at ${held.renewTime}`;
      },
    }),
  );
  const etcd: ComponentHealth = {
    name: "etcd-0",
    async check() {
      await store.get(`/registry/health`);
      return undefined;
    },
  };
  return [...led, etcd];
}
