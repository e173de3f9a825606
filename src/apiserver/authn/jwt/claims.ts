import { CelEvaluationError, type CelProgram } from "../../../api/cel/cel.ts";
import { BadCredentialsError, type UserInfo } from "../authenticator.ts";
import type { JwtConfiguration } from "./configuration.ts";
import type { JwtPrograms } from "./expressions.ts";

type Claims = Readonly<Record<string, unknown>>;

/** What an issuer's tokens mean. */
export interface ClaimMeaning {
  readonly configuration: JwtConfiguration;
  readonly programs: JwtPrograms;
}

/** The user that verified claims stand for. @throws BadCredentialsError when a rule refuses them */
export function userOfClaims(claims: Claims, meaning: ClaimMeaning, nowMs: number): UserInfo {
  const evaluate = evaluator({ claims }, nowMs);
  const name = usernameOf(claims, meaning, evaluate);
  const groups = groupsOf(claims, meaning, evaluate);
  const uid = uidOf(claims, meaning, evaluate);
  const extra = { ...credentialOf(claims), ...extraOf(meaning, evaluate) };
  checkClaims(claims, meaning, evaluate);
  const user: UserInfo = {
    name,
    groups,
    ...(uid === "" ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
  checkUser(user, meaning, nowMs);
  return user;
}

/** Which token it was, for whoever reads the audit log. */
function credentialOf({ jti }: Claims): Record<string, string[]> {
  return typeof jti === "string" && jti !== "" ? { "authentication.kubernetes.io/credential-id": [`JTI=${jti}`] } : {};
}

type Evaluate = (program: CelProgram, what: string) => unknown;

function evaluator(variables: Readonly<Record<string, unknown>>, nowMs: number): Evaluate {
  return (program, what) => {
    try {
      return program.evaluate(variables, { nowMs }).value;
    } catch (error) {
      if (!(error instanceof CelEvaluationError)) throw error;
      throw new BadCredentialsError(`oidc: error evaluating ${what}: ${error.message}`);
    }
  };
}

function usernameOf(claims: Claims, { configuration, programs }: ClaimMeaning, evaluate: Evaluate): string {
  const { claim = "", prefix = "" } = configuration.claimMappings.username ?? {};
  if (programs.username !== undefined) {
    const value = evaluate(programs.username, "username claim expression");
    if (typeof value !== "string") {
      throw new BadCredentialsError(
        "oidc: error evaluating username claim expression: username claim expression must return a string",
      );
    }
    if (value === "") throw new BadCredentialsError("oidc: empty username via CEL expression is not allowed");
    return value;
  }
  const value = claims[claim];
  if (value === undefined) {
    throw new BadCredentialsError(`oidc: parse username claims ${JSON.stringify(claim)}: claim not present`);
  }
  if (typeof value !== "string") {
    throw new BadCredentialsError(`oidc: parse username claims ${JSON.stringify(claim)}: it is no string`);
  }
  // Without the claim, the issuer is trusted not to hand out addresses that nobody verified.
  if (claim === "email" && Object.hasOwn(claims, "email_verified") && claims.email_verified !== true) {
    throw new BadCredentialsError("oidc: email not verified");
  }
  // May be empty: an issuer that names nobody has always been taken at its word.
  return prefix + value;
}

function groupsOf(claims: Claims, { configuration, programs }: ClaimMeaning, evaluate: Evaluate): string[] {
  const { claim = "", prefix = "" } = configuration.claimMappings.groups ?? {};
  if (programs.groups !== undefined) {
    return stringList(evaluate(programs.groups, "group claim expression"), "group claim expression");
  }
  if (claim === "" || !Object.hasOwn(claims, claim)) return [];
  const value = claims[claim];
  if (typeof value === "string") return [prefix + value];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.map((group) => `${prefix}${group}`);
  }
  throw new BadCredentialsError(
    `oidc: parse groups claim ${JSON.stringify(claim)}: it is neither a string nor a list of strings`,
  );
}

function uidOf(claims: Claims, { configuration, programs }: ClaimMeaning, evaluate: Evaluate): string {
  const { claim = "" } = configuration.claimMappings.uid ?? {};
  if (programs.uid !== undefined) {
    const value = evaluate(programs.uid, "uid claim expression");
    if (typeof value === "string") return value;
    throw new BadCredentialsError("oidc: error evaluating uid claim expression: expression must return a string");
  }
  if (claim === "") return "";
  const value = claims[claim];
  if (typeof value === "string") return value;
  const why = value === undefined ? "claim not present" : "it is no string";
  throw new BadCredentialsError(`oidc: error parsing uid claim ${JSON.stringify(claim)}: ${why}`);
}

function extraOf({ programs }: ClaimMeaning, evaluate: Evaluate): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const { key, program } of programs.extra) {
    const values = stringList(evaluate(program, `extra claim expression of ${key}`), "extra claim expression");
    if (values.length > 0) extra[key] = values;
  }
  return extra;
}

/** Nothing, one text or several. */
function stringList(value: unknown, what: string): string[] {
  if (value === undefined || value === null || value === "") return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((each) => typeof each === "string"))
    return value.filter((each) => each !== "");
  throw new BadCredentialsError(`oidc: error evaluating ${what}: expression must return a string or a list of strings`);
}

function checkClaims(claims: Claims, { configuration, programs }: ClaimMeaning, evaluate: Evaluate): void {
  for (const { claim = "", requiredValue = "" } of configuration.claimValidationRules ?? []) {
    if (claim === "") continue;
    if (!Object.hasOwn(claims, claim)) {
      throw new BadCredentialsError(`oidc: required claim ${claim} not present in ID token`);
    }
    if (claims[claim] !== requiredValue) {
      throw new BadCredentialsError(
        `oidc: required claim ${claim} value does not match. Got = ${String(claims[claim])}, want = ${requiredValue}`,
      );
    }
  }
  for (const { program, message } of programs.claimRules) {
    if (evaluate(program, "claim validation expression") !== true) throw failedRule(program, message);
  }
}

function checkUser(user: UserInfo, { programs }: ClaimMeaning, nowMs: number): void {
  if (programs.userRules.length === 0) return;
  const { name, uid = "", groups, extra = {} } = user;
  const evaluate = evaluator({ user: { username: name, uid, groups, extra } }, nowMs);
  for (const { program, message } of programs.userRules) {
    if (evaluate(program, "user info validation rule") !== true) throw failedRule(program, message);
  }
}

function failedRule(program: CelProgram, message: string): BadCredentialsError {
  return new BadCredentialsError(
    `oidc: validation expression '${program.expression}' failed${message === "" ? "" : `: ${message}`}`,
  );
}
