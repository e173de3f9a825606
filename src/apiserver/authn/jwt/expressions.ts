import type { Cel, CelProgram, CelType } from "../../../api/cel/cel.ts";

const dynamic: CelType = { kind: "dynamic" };
const strings: CelType = { kind: "list", element: { kind: "string" } };

/** Expressions about a token see `claims`; those about the user that comes of it see `user`. */
const CLAIMS: Readonly<Record<string, CelType>> = { claims: { kind: "map", value: dynamic } };
const USER: Readonly<Record<string, CelType>> = {
  user: {
    kind: "object",
    name: "kubernetes.UserInfo",
    fields: {
      username: { kind: "string" },
      uid: { kind: "string" },
      groups: strings,
      extra: { kind: "map", value: strings },
    },
  },
};

/** All expressions of one issuer, compiled. */
export interface JwtPrograms {
  readonly username?: CelProgram;
  readonly groups?: CelProgram;
  readonly uid?: CelProgram;
  readonly extra: readonly { readonly key: string; readonly program: CelProgram }[];
  readonly claimRules: readonly { readonly program: CelProgram; readonly message: string }[];
  readonly userRules: readonly { readonly program: CelProgram; readonly message: string }[];
}

/** @throws CelCompileError */
export function compileClaims(cel: Cel, expression: string, result?: CelType): CelProgram {
  return cel.compile(expression, { variables: CLAIMS, ...(result === undefined ? {} : { result }) });
}

/** @throws CelCompileError */
export function compileUserRule(cel: Cel, expression: string): CelProgram {
  return cel.compile(expression, { variables: USER, result: { kind: "boolean" } });
}

/** Whether the expression reads that claim: as `claims.name` or `claims.?name`, outside of string literals. */
export function readsClaim(expression: string, claim: string): boolean {
  const code = expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  return new RegExp(`\\bclaims\\s*\\.\\s*\\??\\s*${claim}(?![A-Za-z0-9_])`).test(code);
}
