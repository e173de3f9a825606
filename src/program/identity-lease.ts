import { createHash } from "node:crypto";
import type { Lease } from "../api/generated/coordination.k8s.io/v1.ts";
import { leases } from "../api/generated/resources.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../api/status.ts";
import { type Clock, formatMicroTime } from "../base/clock.ts";
import type { Client, ObjectName } from "../client/client.ts";

export const NAMESPACE = "kube-system";
export const IDENTITY_LABEL = "apiserver.kubernetes.io/identity";
export const COMPONENT = "kube-apiserver";

const DURATION_SECONDS = 3600;
/**
 * Upstream writes every ten seconds, for a Lease that is good for an hour, and nothing asks for more than that it is there and good.
 * Ten minutes leave time for clocks that differ, and a disk that rests is left at rest.
 */
const RENEW_MS = 10 * 60_000;

/** The Lease by which an API server says that it lives. */
export interface IdentityLease {
  /** Says so anew: what an earlier process of this machine has left goes first, for it may never have ended by itself. */
  begin(): Promise<void>;
  /** Brings the Lease back when it is gone, and renews it in good time. Cheap while there is nothing to write. */
  keep(): Promise<void>;
  /** Says that this server serves no longer. */
  end(): Promise<void>;
}

/** @param options.holder unique to this process */
export function identityLease(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly hostname: string;
  readonly holder: string;
}): IdentityLease {
  const { client, clock, hostname } = options;
  const target = { namespace: NAMESPACE, name: identityName(hostname) };
  const holderIdentity = `${target.name}_${options.holder}`;
  const labels = { [IDENTITY_LABEL]: COMPONENT, "kubernetes.io/hostname": hostname };
  const renewed = () => ({ leaseDurationSeconds: DURATION_SECONDS, renewTime: formatMicroTime(clock.now()) });
  const isFresh = ({ spec }: Lease): boolean => {
    const age = clock.now() - Date.parse(spec?.renewTime ?? "");
    return spec?.leaseDurationSeconds === DURATION_SECONDS && age >= 0 && age < RENEW_MS;
  };
  return {
    async begin() {
      await remove(client, target);
      await this.keep();
    },
    async keep() {
      const stored = await find(client, target);
      if (stored !== undefined && isFresh(stored)) return;
      // Another server of this machine may do the same at the same moment: then it is done.
      if (stored === undefined) {
        const spec = { holderIdentity, ...renewed() };
        await client.create(leases, { metadata: { ...target, labels }, spec } as Lease).catch(unless(isAlreadyExists));
        return;
      }
      const metadata = { ...stored.metadata, labels: { ...stored.metadata?.labels, ...labels } };
      await client
        .update(leases, { ...stored, metadata, spec: { ...stored.spec, ...renewed() } })
        .catch(unless((error) => isConflict(error) || isNotFound(error)));
    },
    async end() {
      const stored = await find(client, target);
      if (stored?.spec?.holderIdentity === holderIdentity) await remove(client, target);
    },
  };
}

/** As upstream's server names itself (apiserver server.NewConfig): two texts with their lengths before them, hashed. */
export function identityName(hostname: string): string {
  const hash = createHash("sha256");
  for (const text of [hostname, COMPONENT]) {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return `apiserver-${base32(hash.digest().subarray(0, 16))}`;
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 4648, in small letters and without padding. */
function base32(bytes: Buffer): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

/**
 * Leases of API servers that are gone (upstream: controlplane/controller/apiserverleasegc). One that is renewed meanwhile stays.
 */
export async function collectIdentityLeases(client: Client, clock: Clock): Promise<void> {
  const labelSelector = `${IDENTITY_LABEL}=${COMPONENT}`;
  const { items } = await client.list(leases, { namespace: NAMESPACE, labelSelector });
  for (const { metadata = {}, spec = {} } of items) {
    const { renewTime, leaseDurationSeconds } = spec;
    const isGood = renewTime !== undefined && leaseDurationSeconds !== undefined;
    if (isGood && Date.parse(renewTime) + leaseDurationSeconds * 1000 >= clock.now()) continue;
    const { uid, resourceVersion } = metadata;
    await client
      .delete(leases, { namespace: NAMESPACE, name: metadata.name! }, { preconditions: { uid, resourceVersion } })
      .catch(unless((error) => isConflict(error) || isNotFound(error)));
  }
}

async function find(client: Client, target: ObjectName): Promise<Lease | undefined> {
  return client.get(leases, target).catch(unless(isNotFound));
}

async function remove(client: Client, target: ObjectName): Promise<void> {
  await client.delete(leases, target).catch(unless(isNotFound));
}

/** @throws the error unless it is an expected one */
function unless(isExpected: (error: unknown) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (!isExpected(error)) throw error;
    return undefined;
  };
}
