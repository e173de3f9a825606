import type { ConfigMap } from "../../api/generated/core/v1.ts";
import { configMaps, pods, secrets, serviceAccounts } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { eachInTurns } from "../../base/turn-time.ts";
import type { Client } from "../../client/client.ts";
import type { Controller, ControllerDependencies } from "../reconciler.ts";
import {
  CLEAN_UP_PERIOD_MS,
  type CleanUp,
  type CleanUpFacts,
  cleanUpOf,
  INVALID_SINCE,
  mountedSecrets,
} from "./plan.ts";

const INTERVAL_MS = 24 * 60 * 60 * 1000;
const TRACKING = { namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking" };

/** Once a day: marks tokens of Secrets that nobody used for a year, and deletes those that have been marked for a year. */
export function legacyTokenCleaner({ client, informers, clock }: ControllerDependencies): Controller {
  const secretInformer = informers.projected({
    resource: secrets,
    fieldSelector: "type=kubernetes.io/service-account-token",
    project: (secret) => secret,
  });
  const accountInformer = informers.informer(serviceAccounts);
  const mounts = informers.projected({ resource: pods, project: mountedSecrets, indexes: { secret: (keys) => keys } });

  return {
    name: "legacy-serviceaccount-token-cleaner-controller",
    sources: [
      {
        start(enqueue) {
          enqueue("all");
          return () => {};
        },
      },
    ],
    async reconcile() {
      const since = Date.parse((await tracking(client))?.data?.since ?? "");
      // Before uses have been noted for that long, nobody knows what is unused.
      if (Number.isNaN(since) || clock.now() < since + CLEAN_UP_PERIOD_MS) return { requeueAfterMs: INTERVAL_MS };
      const plan: CleanUp[] = [];
      const facts: CleanUpFacts = {
        account: (key) => accountInformer.get(key),
        isMounted: (key) => mounts.by("secret", key).length > 0,
        nowMs: clock.now(),
      };
      await eachInTurns(clock, secretInformer.each(), (secret) => {
        const action = cleanUpOf(secret, facts);
        if (action !== undefined) plan.push({ secret, action });
      });
      for (const each of plan) await apply(client, each, formatTime(clock.now()).slice(0, 10));
      return { requeueAfterMs: INTERVAL_MS };
    },
  };
}

async function tracking(client: Client): Promise<ConfigMap | undefined> {
  try {
    return await client.get(configMaps, TRACKING);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function apply(client: Client, { secret, action }: CleanUp, today: string): Promise<void> {
  const { namespace, name = "", uid = "", resourceVersion = "" } = secret.metadata ?? {};
  try {
    if (action === "delete") {
      await client.delete(secrets, { namespace, name }, { preconditions: { uid, resourceVersion } });
    } else {
      const metadata = { uid, resourceVersion, labels: { [INVALID_SINCE]: today } };
      await client.patch(secrets, { namespace, name }, { type: "merge", body: { metadata } });
    }
  } catch (error) {
    // It was used or changed meanwhile: tomorrow is another day.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
