import type { Authenticator } from "./authenticator.ts";

/** The verified client certificate's subject: CN is the user, each O a group. */
export const certificateAuthenticator: Authenticator = {
  name: "certificate",
  async authenticate({ certificate }) {
    if (certificate === undefined || certificate.commonName === "") return undefined;
    return { name: certificate.commonName, groups: certificate.organizations };
  },
};
