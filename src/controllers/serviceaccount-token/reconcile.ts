import { secrets, serviceAccounts } from "../../api/generated/resources.ts";
import { joinKey, splitKey } from "../../api/meta.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";
import { ACCOUNT_NAME, belongsTo, completeSecret, TOKEN_TYPE, type TokenWorld, withoutReference } from "./plan.ts";

/** What the controller signs and publishes; both may be exchanged while it runs. */
export type TokenWorldSource = () => TokenWorld;

/**
 * Fills Secrets of type kubernetes.io/service-account-token with a token, the cluster's authority and the namespace, and
 * deletes those whose account is gone (pkg/controller/serviceaccount tokens_controller).
 */
export function serviceAccountTokenController(world: TokenWorldSource): ControllerFactory {
  return ({ client, informers }): Controller => {
    const secretInformer = informers.projected({
      resource: secrets,
      fieldSelector: `type=${TOKEN_TYPE}`,
      project: (secret) => secret,
      indexes: {
        account: ({ metadata }) => [joinKey(metadata?.namespace, metadata?.annotations?.[ACCOUNT_NAME] ?? "")],
      },
    });
    const accountInformer = informers.informer(serviceAccounts, {
      secret: ({ metadata, secrets: listed = [] }) =>
        listed.map(({ name }) => joinKey(metadata?.namespace, name ?? "")),
    });

    return {
      name: "serviceaccount-token-controller",
      workers: 5,
      sources: [
        from(secretInformer, ({ key }) => [key]),
        from(accountInformer, ({ key }) =>
          secretInformer.by("account", key).map(({ metadata }) => joinKey(metadata?.namespace, metadata?.name ?? "")),
        ),
      ],
      async reconcile(key) {
        const secret = secretInformer.get(key);
        if (secret === undefined) {
          const { namespace, name } = splitKey(key);
          for (const account of accountInformer.by("secret", key)) {
            await forget(client, { namespace, account: account.metadata?.name ?? "", secret: name });
          }
          return undefined;
        }
        if (secret.metadata?.deletionTimestamp !== undefined) return undefined;
        const { namespace, name = "", annotations, uid = "" } = secret.metadata ?? {};
        const account = await liveAccount(client, namespace, annotations?.[ACCOUNT_NAME] ?? "");
        if (account === undefined || !belongsTo(secret, account)) {
          await settled(client.delete(secrets, { namespace, name }, { preconditions: { uid } }));
          return undefined;
        }
        const complete = completeSecret(secret, account, world());
        if (complete !== undefined) await settled(client.update(secrets, complete), isNotFound);
        return undefined;
      },
    };
  };
}

/** Asked for anew: a Secret must never be deleted because a cache is behind. */
async function liveAccount(client: Client, namespace: string | undefined, name: string) {
  if (name === "") return undefined;
  try {
    return await client.get(serviceAccounts, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function forget(
  client: Client,
  of: { namespace: string | undefined; account: string; secret: string },
): Promise<void> {
  try {
    await client.get(secrets, { namespace: of.namespace, name: of.secret });
    return;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const account = await liveAccount(client, of.namespace, of.account);
  const changed = account === undefined ? undefined : withoutReference(account, of.secret);
  if (changed !== undefined) await settled(client.update(serviceAccounts, changed), isNotFound);
}

/** What is gone, or is another one by now, needs nothing more. */
async function settled(
  write: Promise<unknown>,
  isSettled = (error: unknown) => isNotFound(error) || isConflict(error),
) {
  try {
    await write;
  } catch (error) {
    if (!isSettled(error)) throw error;
  }
}
