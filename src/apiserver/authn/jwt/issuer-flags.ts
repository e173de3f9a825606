import { readFile } from "node:fs/promises";
import type { OidcFlags } from "../../../api/server-settings.ts";
import { errorMessage } from "../../../base/assert.ts";
import { ConfigurationFileError } from "../../configuration/parse-file.ts";
import type { AuthenticationConfiguration } from "./configuration.ts";

/** What the `--oidc-…` flags say, as a configuration file would say it. @throws ConfigurationFileError */
export async function oidcConfiguration(flags: OidcFlags): Promise<AuthenticationConfiguration> {
  const { issuerUrl, clientId, usernameClaim = "sub", groupsClaim } = flags;
  if (issuerUrl === "" || clientId === "") {
    throw new ConfigurationFileError(
      "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set",
    );
  }
  const certificateAuthority = flags.caFile === undefined ? undefined : await readAuthority(flags.caFile);
  return {
    jwt: [
      {
        issuer: {
          url: issuerUrl,
          audiences: [clientId],
          ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
        },
        claimMappings: {
          username: { claim: usernameClaim, prefix: usernamePrefix(flags, usernameClaim) },
          ...(groupsClaim === undefined ? {} : { groups: { claim: groupsClaim, prefix: flags.groupsPrefix ?? "" } }),
        },
        claimValidationRules: (flags.requiredClaims ?? []).map(requiredClaim),
      },
    ],
  };
}

function usernamePrefix({ usernamePrefix: prefix, issuerUrl }: OidcFlags, claim: string): string {
  if (prefix === "-") return "";
  if (prefix !== undefined && prefix !== "") return prefix;
  // Addresses are one issuer's and everybody's; other names are the issuer's own.
  return claim === "email" ? "" : `${issuerUrl}#`;
}

function requiredClaim(text: string): { claim: string; requiredValue: string } {
  const at = text.indexOf("=");
  if (at <= 0) throw new ConfigurationFileError(`oidc-required-claim: ${text} must be of the form key=value`);
  return { claim: text.slice(0, at), requiredValue: text.slice(at + 1) };
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigurationFileError(`oidc-ca-file: cannot read ${file}: ${errorMessage(error)}`, { cause: error });
  }
}
