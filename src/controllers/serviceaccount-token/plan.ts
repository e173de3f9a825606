import type { Secret, ServiceAccount } from "../../api/generated/core/v1.ts";

export const TOKEN_TYPE = "kubernetes.io/service-account-token";
export const ACCOUNT_NAME = "kubernetes.io/service-account.name";
export const ACCOUNT_UID = "kubernetes.io/service-account.uid";

const CLAIM = "kubernetes.io/serviceaccount/";

export interface TokenWorld {
  /** PEM of the cluster's authority. */
  readonly authority: string;
  sign(claims: object): string;
}

/** Whether the Secret is of that very account: one of its name that was made anew is another one. */
export function belongsTo(secret: Secret, account: ServiceAccount | undefined): boolean {
  const { annotations = {} } = secret.metadata ?? {};
  if (account === undefined || annotations[ACCOUNT_NAME] !== account.metadata?.name) return false;
  const uid = annotations[ACCOUNT_UID] ?? "";
  return uid === "" || uid === account.metadata?.uid;
}

/** The Secret with all that it must hold; undefined when it holds it. A token that is there is left. */
export function completeSecret(secret: Secret, account: ServiceAccount, world: TokenWorld): Secret | undefined {
  const { namespace = "", name = "", annotations = {} } = secret.metadata ?? {};
  const { name: accountName = "", uid = "" } = account.metadata ?? {};
  const data = { ...secret.data };
  const missing =
    !data.token ||
    data["ca.crt"] !== base64(world.authority) ||
    data.namespace !== base64(namespace) ||
    annotations[ACCOUNT_UID] !== uid;
  if (!missing) return undefined;
  data["ca.crt"] = base64(world.authority);
  data.namespace = base64(namespace);
  data.token ||= base64(
    world.sign({
      iss: "kubernetes/serviceaccount",
      [`${CLAIM}namespace`]: namespace,
      [`${CLAIM}secret.name`]: name,
      [`${CLAIM}service-account.name`]: accountName,
      [`${CLAIM}service-account.uid`]: uid,
      sub: `system:serviceaccount:${namespace}:${accountName}`,
    }),
  );
  return {
    ...secret,
    data,
    metadata: { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_NAME]: accountName, [ACCOUNT_UID]: uid } },
  };
}

/** The account without a reference to the Secret; undefined when it has none. */
export function withoutReference(account: ServiceAccount, secret: string): ServiceAccount | undefined {
  const { secrets = [] } = account;
  const kept = secrets.filter(({ name }) => name !== secret);
  return kept.length === secrets.length ? undefined : { ...account, secrets: kept };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
