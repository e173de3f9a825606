import type { Lease } from "../../api/generated/coordination.k8s.io/v1.ts";
import { leases } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, formatMicroTime } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Client } from "../../client/client.ts";
import { Rounds, type RoundWork } from "../rounds.ts";
import { equalAsJson } from "../status/plain-json.ts";

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

/** Renews the node's lease every 10 seconds until it is stopped: the sign of life that node lifecycle watches. */
export function startNodeLease(options: NodeLeaseOptions): Rounds {
  const rounds = new Rounds(options.clock, new NodeLease(options));
  rounds.hasten();
  return rounds;
}

/** A class, because thousands of kubelets of one process have one each. */
class NodeLease implements RoundWork {
  readonly #options: NodeLeaseOptions;
  #lease: Lease | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
  }

  async round(): Promise<number | undefined> {
    const { random, log, signal } = this.#options;
    if (signal.aborted) return undefined;
    const lease = this.#lease;
    try {
      const renewed = lease === undefined ? await obtain(this.#options) : await renew(this.#options, lease);
      this.#lease = keptLease(renewed, lease);
      this.#retryMs = FIRST_RETRY_MS;
      return RENEW_MS * (1 + RENEW_JITTER * random.fraction());
    } catch (error) {
      // Somebody changed or removed it: look again.
      this.#lease = undefined;
      const retryMs = this.#retryMs;
      if (!isConflict(error) && !isNotFound(error)) {
        log.warn("cannot renew the node's lease", { error: errorMessage(error), retryMs });
      }
      this.#retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
      return retryMs;
    }
  }
}

/**
 * What is sent again the next time. Who manages which field is for the API server alone, which keeps it when it is left out, and what
 * this kubelet says in the spec is said anew; of the rest only the revision is other than before.
 */
function keptLease({ metadata, spec }: Lease, before: Lease | undefined): Lease {
  const { managedFields: _, resourceVersion, ...rest } = metadata ?? {};
  const { holderIdentity: _h, leaseDurationSeconds: _d, renewTime: _r, ...others } = spec ?? {};
  const { resourceVersion: _v, ...known } = before?.metadata ?? {};
  return {
    metadata: { ...(equalAsJson(known, rest) ? before?.metadata : rest), resourceVersion },
    ...(Object.keys(others).length > 0 && { spec: others }),
  };
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
