import type { ServiceCIDR } from "../../../api/generated/networking.k8s.io/v1.ts";
import { serviceCIDRs } from "../../../api/generated/resources.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../../api/status.ts";
import { errorMessage } from "../../../base/assert.ts";
import { type Clock, formatTime, sleep } from "../../../base/clock.ts";
import type { Logger } from "../../../base/log.ts";
import type { Transport } from "../../../client/transport.ts";
import type { ObjectReader } from "../../reader.ts";
import { DEFAULT_RANGE } from "./address-pool.ts";

/** As often as upstream's default-servicecidr controller. */
const LOOK_MS = 10_000;
const PATH = "/apis/networking.k8s.io/v1/servicecidrs";

/**
 * Keeps the ServiceCIDR that says which addresses this server gives to Services, until the signal aborts: makes it when it is
 * missing, and says that it is ready when nobody else does. Several servers want the same. One that says other addresses than
 * this server was told stays, and is told in the log.
 */
export async function keepServiceCidr(options: {
  serviceCidr: string;
  reader: ObjectReader;
  transport: () => Transport;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** Called when it was looked at. */
  looked: () => void;
}): Promise<void> {
  const { clock, log, signal } = options;
  let told = "";
  while (!signal.aborted) {
    try {
      const others = (await look(options)) ?? "";
      if (others !== "" && others !== told) {
        const own = options.serviceCidr;
        log.warn("the ServiceCIDR kubernetes has other addresses than this server was told", { stored: others, own });
      }
      told = others;
      options.looked();
    } catch (error) {
      if (signal.aborted) return;
      log.warn("the range of service addresses could not be written", { error: errorMessage(error) });
    }
    await sleep(clock, LOOK_MS, signal);
  }
}

/** Answers the addresses of a range that is not ours. */
async function look(options: {
  serviceCidr: string;
  reader: ObjectReader;
  transport: () => Transport;
  clock: Clock;
}): Promise<string | undefined> {
  const { reader, transport, clock } = options;
  const cidrs = options.serviceCidr.split(",");
  const identity = { apiVersion: "networking.k8s.io/v1", kind: "ServiceCIDR" };
  let range = await reader.get<ServiceCIDR>(serviceCIDRs, undefined, DEFAULT_RANGE);
  if (range === undefined) {
    const body = { ...identity, metadata: { name: DEFAULT_RANGE }, spec: { cidrs } };
    const made = transport().request({ method: "POST", path: PATH, body });
    range = (await made.catch(unless(isAlreadyExists))) as ServiceCIDR | undefined;
  }
  if (range === undefined || range.metadata?.deletionTimestamp !== undefined) return undefined;
  const stored = (range.spec?.cidrs ?? []).join();
  if (stored !== options.serviceCidr) return stored;
  if (range.status?.conditions?.some(({ type }) => type === "Ready") === true) return undefined;
  const ready = {
    type: "Ready",
    status: "True",
    reason: "",
    message: "Kubernetes default Service CIDR is ready",
    lastTransitionTime: formatTime(clock.now()),
  };
  const body = { ...identity, ...range, status: { conditions: [...(range.status?.conditions ?? []), ready] } };
  const path = `${PATH}/${DEFAULT_RANGE}/status`;
  // Somebody else has written it: the next look sees what.
  await transport()
    .request({ method: "PUT", path, body })
    .catch(unless((error) => isNotFound(error) || isConflict(error)));
  return undefined;
}

function unless(isHarmless: (error: unknown) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (!isHarmless(error)) throw error;
    return undefined;
  };
}
