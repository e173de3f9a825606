import type { UserInfo } from "../authn/authenticator.ts";
import type { AuthorizationAttributes, Authorizer } from "./authorizer.ts";

export type SignerAuthorizer = Pick<Authorizer, "authorize">;

/** Whether the user has a right for one signer, or for all of its domain (`example.com/*`). */
export async function maySign(
  user: UserInfo,
  { verb, signerName }: { verb: string; signerName: string },
  authorizer: SignerAuthorizer,
): Promise<boolean> {
  const domain = `${signerName.split("/")[0]}/*`;
  for (const name of [signerName, domain]) {
    const attributes: AuthorizationAttributes = {
      user,
      verb,
      name,
      resourceRequest: true,
      group: "certificates.k8s.io",
      version: "*",
      resource: "signers",
      subresource: "",
      namespace: "",
      path: "",
    };
    if ((await authorizer.authorize(attributes)).decision === "allow") return true;
  }
  return false;
}
