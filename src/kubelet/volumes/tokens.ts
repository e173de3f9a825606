import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { serviceAccounts } from "../../api/generated/resources.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import { identityOf } from "../pods/pod.ts";

export interface TokenWish {
  readonly audience?: string;
  readonly expirationSeconds: number;
}

/** Tokens of pods' service accounts, bound to the pod, renewed before they expire. */
export interface ServiceAccountTokens {
  /** The same token until 80% of its life, or a day, has passed. */
  token(pod: Pod, wish: TokenWish): Promise<string>;
  forget(podUid: string): void;
}

interface Kept {
  readonly token: string;
  readonly renewAtMs: number;
}

const LONGEST_USE_MS = 24 * 60 * 60 * 1000;

export function createServiceAccountTokens(client: Client, clock: Clock): ServiceAccountTokens {
  const kept = new Map<string, Kept>();

  async function request(pod: Pod, { audience, expirationSeconds }: TokenWish): Promise<Kept> {
    const { uid, namespace, name } = identityOf(pod);
    const requestedMs = clock.now();
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    };
    const account = pod.spec?.serviceAccountName || "default";
    const answer = (await client.create(serviceAccounts, body as ApiObject, {
      subresource: "token",
      target: { namespace, name: account },
    })) as TokenRequest;
    const expiresMs = Date.parse(answer.status?.expirationTimestamp ?? "");
    const lifeMs = (Number.isNaN(expiresMs) ? expirationSeconds * 1000 : expiresMs - requestedMs) * 0.8;
    return { token: answer.status?.token ?? "", renewAtMs: requestedMs + Math.min(lifeMs, LONGEST_USE_MS) };
  }

  return {
    async token(pod, wish) {
      const key = JSON.stringify([identityOf(pod).uid, wish.audience ?? "", wish.expirationSeconds]);
      const present = kept.get(key);
      if (present !== undefined && clock.now() < present.renewAtMs) return present.token;
      const fresh = await request(pod, wish);
      kept.set(key, fresh);
      return fresh.token;
    },
    forget(podUid) {
      const prefix = `[${JSON.stringify(podUid)},`;
      for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key);
    },
  };
}
