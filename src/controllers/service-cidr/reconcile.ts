import type { IPAddress } from "../../api/generated/networking.k8s.io/v1.ts";
import { ipAddresses, serviceCIDRs } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { timestamp } from "../../base/clock.ts";
import { type Controller, type ControllerDependencies, from } from "../reconciler.ts";
import { mayGo, SERVICE_CIDR_FINALIZER, statusOf } from "./plan.ts";

/** So long API servers may give addresses of a range that they do not know to be leaving. */
const GRACE_MS = 10_000;

/** Ranges of service addresses: each is held while Services have addresses of it, and says whether it gives new ones. */
export function serviceCidrController(dependencies: ControllerDependencies): Controller {
  const { client, informers, clock } = dependencies;
  const ranges = informers.informer(serviceCIDRs);
  const addresses = informers.projected<IPAddress, string>({
    resource: ipAddresses,
    project: ({ metadata }) => metadata?.name ?? "",
  });
  const isLeaving = (name: string): boolean => ranges.get(name)?.metadata?.deletionTimestamp !== undefined;
  const leaving = (): string[] =>
    ranges
      .list()
      .flatMap(({ metadata }) => metadata?.name ?? [])
      .filter(isLeaving);

  async function letGo(name: string): Promise<void> {
    const range = ranges.get(name);
    const finalizers = range?.metadata?.finalizers?.filter((each) => each !== SERVICE_CIDR_FINALIZER) ?? [];
    try {
      await client.update(serviceCIDRs, { ...range, metadata: { ...range?.metadata, finalizers } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return {
    name: "service-cidr-controller",
    sources: [
      from(ranges, ({ key }) => [key, ...leaving()]),
      // Only who goes matters: a range that is held is looked at again.
      from(addresses, ({ after }) => (after === undefined ? leaving() : [])),
    ],
    async reconcile(name) {
      const range = ranges.get(name);
      if (range === undefined) return undefined;
      const { deletionTimestamp, finalizers = [] } = range.metadata ?? {};
      const isHeld = finalizers.includes(SERVICE_CIDR_FINALIZER);
      if (deletionTimestamp === undefined && !isHeld) {
        const metadata = { ...range.metadata, finalizers: [...finalizers, SERVICE_CIDR_FINALIZER] };
        await client.update(serviceCIDRs, { ...range, metadata });
        // The answer wakes this again.
        return undefined;
      }
      if (deletionTimestamp !== undefined) {
        if (!isHeld) return undefined;
        const others = ranges
          .list()
          .filter(({ metadata }) => metadata?.name !== name && metadata?.deletionTimestamp === undefined);
        if (mayGo(range, others, addresses.list())) {
          const waitMs = Date.parse(deletionTimestamp) + GRACE_MS - clock.now();
          if (waitMs > 0) return { requeueAfterMs: waitMs };
          await letGo(name);
          return undefined;
        }
      }
      const status = statusOf(range, timestamp(clock));
      if (status !== undefined) await client.update(serviceCIDRs, { ...range, status }, { subresource: "status" });
      return undefined;
    },
  };
}
