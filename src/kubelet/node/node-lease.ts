import type { Lease } from "../../api/generated/coordination.k8s.io/v1.ts";
import { leases } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, formatMicroTime, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Client } from "../../client/client.ts";

const NAMESPACE = "kube-node-lease";
const DURATION_SECONDS = 40;
const RENEW_MS = 10_000;
/** As upstream: up to so much later, so that nodes which started together do not stay together. */
const RENEW_JITTER = 0.04;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 7000;

export interface NodeLeaseOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly nodeName: string;
  readonly nodeUid: string;
  readonly signal: AbortSignal;
}

/** Renews the node's lease every 10 seconds until the signal aborts: the sign of life that node lifecycle watches. */
export async function runNodeLease(options: NodeLeaseOptions): Promise<void> {
  const { clock, random, log, signal } = options;
  let lease: Lease | undefined;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      lease = withoutManagers(lease === undefined ? await obtain(options) : await renew(options, lease));
      retryMs = FIRST_RETRY_MS;
      await sleep(clock, RENEW_MS * (1 + RENEW_JITTER * random.fraction()), signal);
    } catch (error) {
      // Somebody changed or removed it: look again.
      lease = undefined;
      if (!isConflict(error) && !isNotFound(error)) {
        log.warn("cannot renew the node's lease", { error: errorMessage(error), retryMs });
      }
      await sleep(clock, retryMs, signal);
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    }
  }
}

/** Who manages which field is for the API server alone, which keeps it when it is left out. */
function withoutManagers(lease: Lease): Lease {
  const { managedFields: _, ...metadata } = lease.metadata ?? {};
  return { ...lease, metadata };
}

async function obtain(options: NodeLeaseOptions): Promise<Lease> {
  const { client, nodeName, nodeUid } = options;
  const found = await client.get(leases, { namespace: NAMESPACE, name: nodeName }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (found !== undefined) return renew(options, found);
  return client.create(leases, {
    metadata: {
      name: nodeName,
      namespace: NAMESPACE,
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid: nodeUid }],
    },
    spec: specOf(options),
  } as Lease);
}

function renew(options: NodeLeaseOptions, lease: Lease): Promise<Lease> {
  return options.client.update(leases, { ...lease, spec: { ...lease.spec, ...specOf(options) } });
}

function specOf({ nodeName, clock }: NodeLeaseOptions): Lease["spec"] {
  return {
    holderIdentity: nodeName,
    leaseDurationSeconds: DURATION_SECONDS,
    renewTime: formatMicroTime(clock.now()),
  };
}
