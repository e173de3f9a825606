import { type Cel, CelCompileError, type CelProgram, type CelType } from "../../../api/cel/cel.ts";
import { duplicate, type FieldError, invalid, required } from "../../../api/field-error.ts";
import type { ClaimMappings, JwtConfiguration, PrefixedClaimOrExpression } from "./configuration.ts";
import { compileClaims, compileUserRule, type JwtPrograms, readsClaim } from "./expressions.ts";
import { qualifiedKeyErrors } from "./extra-key.ts";

/** What is compiled, and what is wrong. */
interface Compilation {
  readonly cel: Cel | undefined;
  readonly errors: FieldError[];
}

/** Whether the issuer needs CEL at all: it is loaded for those alone. */
export function usesExpressions(jwt: JwtConfiguration): boolean {
  const { claimValidationRules = [], claimMappings, userValidationRules = [] } = jwt;
  const { username, groups, uid, extra = [] } = claimMappings ?? {};
  return (
    userValidationRules.length > 0 ||
    extra.length > 0 ||
    [username, groups, uid, ...claimValidationRules].some((each) => each?.expression !== undefined)
  );
}

/** Checks and compiles the rules and mappings of one issuer. Without CEL, expressions are taken to be absent. */
export function compileIssuer(
  jwt: JwtConfiguration,
  cel: Cel | undefined,
  path: string,
): { programs: JwtPrograms; errors: FieldError[] } {
  const compilation: Compilation = { cel, errors: [] };
  const claimRules = compileClaimRules(jwt, compilation, `${path}.claimValidationRules`);
  const mappings = compileMappings(jwt.claimMappings ?? {}, compilation, `${path}.claimMappings`);
  checkEmail(jwt, compilation, `${path}.claimMappings`);
  const userRules = compileUserRules(jwt, compilation, `${path}.userValidationRules`);
  return { programs: { ...mappings, claimRules, userRules }, errors: compilation.errors };
}

function compileClaimRules(jwt: JwtConfiguration, compilation: Compilation, path: string): JwtPrograms["claimRules"] {
  const { errors } = compilation;
  const found: { program: CelProgram; message: string }[] = [];
  const [claims, expressions] = [new Set<string>(), new Set<string>()];
  for (const [index, rule] of (jwt.claimValidationRules ?? []).entries()) {
    const at = `${path}[${index}]`;
    const { claim = "", expression = "", message = "", requiredValue = "" } = rule;
    if (claim !== "" && expression !== "") errors.push(invalid(at, claim, "claim and expression can't both be set"));
    else if (claim === "" && expression === "") errors.push(required(at, "claim or expression is required"));
    else if (claim !== "") {
      if (message !== "") errors.push(invalid(`${at}.message`, message, "may not be specified when claim is set"));
      if (claims.has(claim)) errors.push(duplicate(`${at}.claim`, claim));
      claims.add(claim);
    } else {
      const detail = "may not be specified when expression is set";
      if (requiredValue !== "") errors.push(invalid(`${at}.requiredValue`, requiredValue, detail));
      if (expressions.has(expression)) {
        errors.push(duplicate(`${at}.expression`, expression));
        continue;
      }
      expressions.add(expression);
      const program = compiled(compilation, expression, { path: `${at}.expression`, result: { kind: "boolean" } });
      if (program !== undefined) found.push({ program, message });
    }
  }
  return found;
}

function compileMappings(mappings: ClaimMappings, compilation: Compilation, path: string) {
  const { errors } = compilation;
  const { username = {}, groups = {}, uid = {} } = mappings;
  const userProgram = claimOrExpression(username, compilation, { path: `${path}.username`, isRequired: true });
  const groupProgram = claimOrExpression(groups, compilation, { path: `${path}.groups`, isRequired: false });
  let uidProgram: CelProgram | undefined;
  if (uid.claim && uid.expression) errors.push(invalid(`${path}.uid`, "", "claim and expression can't both be set"));
  else if (uid.expression) uidProgram = compiled(compilation, uid.expression, { path: `${path}.uid.expression` });
  return {
    ...(userProgram === undefined ? {} : { username: userProgram }),
    ...(groupProgram === undefined ? {} : { groups: groupProgram }),
    ...(uidProgram === undefined ? {} : { uid: uidProgram }),
    extra: compileExtra(mappings, compilation, `${path}.extra`),
  };
}

function claimOrExpression(
  mapping: PrefixedClaimOrExpression,
  compilation: Compilation,
  { path, isRequired }: { path: string; isRequired: boolean },
): CelProgram | undefined {
  const { errors } = compilation;
  const { claim = "", expression = "", prefix } = mapping;
  if (claim !== "" && expression !== "") {
    errors.push(invalid(path, "", "claim and expression can't both be set"));
  } else if (expression !== "") {
    const detail = "may not be specified when expression is set";
    if (prefix !== undefined) errors.push(invalid(`${path}.prefix`, prefix, detail));
    return compiled(compilation, expression, { path: `${path}.expression` });
  } else if (claim !== "") {
    const detail = "prefix is required when claim is set. It can be set to an empty string to disable prefixing";
    if (prefix === undefined) errors.push(required(`${path}.prefix`, detail));
  } else if (isRequired) errors.push(required(path, "claim or expression is required"));
  return undefined;
}

function compileExtra(mappings: ClaimMappings, compilation: Compilation, path: string): JwtPrograms["extra"] {
  const { errors } = compilation;
  const seen = new Set<string>();
  const found: { key: string; program: CelProgram }[] = [];
  for (const [index, { key = "", valueExpression = "" }] of (mappings.extra ?? []).entries()) {
    const at = `${path}[${index}]`;
    errors.push(...qualifiedKeyErrors(key, `${at}.key`));
    if (seen.has(key)) {
      errors.push(duplicate(`${at}.key`, key));
      continue;
    }
    seen.add(key);
    if (valueExpression === "") {
      errors.push(required(`${at}.valueExpression`));
      continue;
    }
    const program = compiled(compilation, valueExpression, { path: `${at}.valueExpression` });
    if (program !== undefined) found.push({ key, program });
  }
  return found;
}

/** An address that nobody verified must not become a name without the expression having a say. */
function checkEmail(
  { claimMappings, claimValidationRules = [] }: JwtConfiguration,
  { errors }: Compilation,
  path: string,
) {
  const expression = claimMappings?.username?.expression ?? "";
  if (!readsClaim(expression, "email")) return;
  const others = [
    expression,
    ...(claimMappings?.extra ?? []).map((each) => each.valueExpression ?? ""),
    ...claimValidationRules.map((each) => each.expression ?? ""),
  ];
  if (others.some((each) => readsClaim(each, "email_verified"))) return;
  const detail =
    "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression";
  errors.push(invalid(`${path}.username.expression`, expression, detail));
}

function compileUserRules(jwt: JwtConfiguration, compilation: Compilation, path: string): JwtPrograms["userRules"] {
  const { cel, errors } = compilation;
  const seen = new Set<string>();
  const found: { program: CelProgram; message: string }[] = [];
  for (const [index, { expression = "", message = "" }] of (jwt.userValidationRules ?? []).entries()) {
    const at = `${path}[${index}].expression`;
    if (expression === "") errors.push(required(at));
    else if (seen.has(expression)) errors.push(duplicate(at, expression));
    else if (cel !== undefined) {
      const program = attempt(compilation, at, { expression, compile: () => compileUserRule(cel, expression) });
      if (program !== undefined) found.push({ program, message });
    }
    seen.add(expression);
  }
  return found;
}

function compiled(
  compilation: Compilation,
  expression: string,
  { path, result }: { path: string; result?: CelType },
): CelProgram | undefined {
  const { cel } = compilation;
  if (cel === undefined) return undefined;
  return attempt(compilation, path, { expression, compile: () => compileClaims(cel, expression, result) });
}

function attempt(
  { errors }: Compilation,
  path: string,
  { expression, compile }: { expression: string; compile: () => CelProgram },
): CelProgram | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    errors.push(invalid(path, expression, error.message));
    return undefined;
  }
}
