import type { FieldError } from "../../../api/field-error.ts";
import type { Clock } from "../../../base/clock.ts";
import { ConfigurationFileError, fieldErrorText, parseConfiguration } from "../../configuration/parse-file.ts";
import { tokenUnion } from "../bearer-token.ts";
import { remembering } from "../remembering.ts";
import type { TokenAuthenticator } from "../token-authenticator.ts";
import { compileIssuer, usesExpressions } from "./compile.ts";
import { type AuthenticationConfiguration, authenticationShape } from "./configuration.ts";
import type { JwtPrograms } from "./expressions.ts";
import { httpsDocuments } from "./fetch-document.ts";
import { jwtAuthenticator } from "./jwt-authenticator.ts";
import { remoteKeySet } from "./key-set.ts";
import { validateAuthentication } from "./validate.ts";

/** A configuration in force. */
export interface Issuers {
  readonly configuration: AuthenticationConfiguration;
  readonly tokens: TokenAuthenticator;
  close(): void;
}

export interface IssuersOptions {
  /** How messages name where the configuration comes from: the flag. */
  readonly what: string;
  /** The issuers of service account tokens: nobody else may speak for them. */
  readonly disallowed: readonly string[];
  /** All secure ones when absent. */
  readonly algorithms?: readonly string[];
  readonly clock: Clock;
}

const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];

/** What `--authentication-config` says, in force. @throws ConfigurationFileError */
export async function parseIssuers(text: string, options: IssuersOptions): Promise<Issuers> {
  const configuration = await parseConfiguration<AuthenticationConfiguration>(text, {
    what: options.what,
    kind: "AuthenticationConfiguration",
    versions: ["v1", "v1beta1", "v1alpha1"],
    shape: authenticationShape,
  });
  return createIssuers(configuration, options);
}

/** Compiles what the issuers' tokens mean. Nothing is fetched before a token comes. @throws ConfigurationFileError */
export async function createIssuers(
  configuration: AuthenticationConfiguration,
  options: IssuersOptions,
): Promise<Issuers> {
  const { jwt = [] } = configuration;
  const errors: FieldError[] = validateAuthentication(configuration, options.disallowed);
  const cel = jwt.some(usesExpressions) ? await loadExpressions() : undefined;
  const programs: JwtPrograms[] = [];
  for (const [index, issuer] of jwt.entries()) {
    const compiled = compileIssuer(issuer, cel, `jwt[${index}]`);
    errors.push(...compiled.errors);
    programs.push(compiled.programs);
  }
  if (errors.length > 0) throw new ConfigurationFileError(`${options.what}: ${fieldErrorText(errors)}`);
  const { clock, algorithms = ALGORITHMS } = options;
  const sources = jwt.map(({ issuer }) => httpsDocuments(issuer.certificateAuthority));
  const authenticators = jwt.map((each, index) => {
    const { url, discoveryURL } = each.issuer;
    const keys = remoteKeySet({ issuer: url, discoveryUrl: discoveryURL, documents: sources[index]!, clock });
    const meaning = { configuration: each, programs: programs[index]! };
    return jwtAuthenticator({ meaning, keys, algorithms, clock });
  });
  return {
    configuration,
    tokens: remembering(tokenUnion(authenticators), clock),
    close() {
      for (const source of sources) source.close();
    },
  };
}

async function loadExpressions() {
  const { loadCel } = await import("../../../api/cel/load-cel.ts");
  return loadCel();
}
