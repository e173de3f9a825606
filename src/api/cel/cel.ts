/**
 * The seam for CEL, the expression language of Kubernetes' policies: rules of custom resources, admission policies, match
 * conditions of webhooks, claim mappings and authorization conditions all compile and evaluate through it.
 *
 * - The implementation loads at first use (`loadCel`): a cluster without expressions never pays for it.
 * - `compile` checks types against the declarations and gives a program, or throws CelCompileError with the position and
 *   the words that upstream's compiler uses. Compiling is dear (a millisecond): keep programs.
 * - `evaluate` is synchronous and bounded: it throws CelEvaluationError when the cost passes its limit, or when the
 *   expression fails (no such key, division by zero …). It never changes what it is given, and never hangs.
 * - Objects go in as the JSON that the API holds; declared types say how strings that are times, durations, quantities or
 *   bytes appear to the expression.
 */
export interface Cel {
  compile(expression: string, options: CelOptions): CelProgram;
}

export interface CelOptions {
  /** The variables that the expression may name, by name. */
  readonly variables: Readonly<Record<string, CelType>>;
  /** What the result must be; any type when absent. `string` and the like, as `kind` of CelType. */
  readonly result?: CelType | undefined;
  /** Whether `Object{…}`, `JSONPatch{…}` and `jsonpatch.escapeKey` exist, with which expressions say how to change an object. */
  readonly mutations?: boolean;
}

/**
 * A type as data. `object` has known fields, and naming another one is an error when compiling; `dynamic` is checked only
 * when it is evaluated.
 */
export type CelType =
  | { readonly kind: "dynamic"; readonly maximumLength?: number }
  | { readonly kind: "boolean" | "integer" | "unsigned" | "double" | "null" }
  | { readonly kind: "string" | "bytes"; readonly maximumLength?: number }
  | { readonly kind: "timestamp" | "duration"; readonly maximumLength?: number }
  | { readonly kind: "quantity" | "intOrString" }
  | {
      readonly kind: "list";
      readonly element: CelType;
      readonly maximumLength?: number;
      /** Of a set, or of a map by these fields: the order of elements does not matter then, and none is added twice. */
      readonly identity?: "whole" | readonly string[];
    }
  | { readonly kind: "map"; readonly value: CelType; readonly maximumLength?: number }
  | {
      readonly kind: "object";
      readonly name: string;
      readonly fields: Readonly<Record<string, CelType>>;
      /** Fields are named as they are, also those that are words of CEL: `namespace`, not `__namespace__`. */
      readonly plainNames?: true;
    }
  | { readonly kind: "optional"; readonly element: CelType }
  /** The `authorizer` variable: asks who may do what. Its value is a CelAuthorizer. */
  | { readonly kind: "authorizer" }
  /** `authorizer.requestResource`: a check of the request's own resource. Its value is a CelAuthorizerResource. */
  | { readonly kind: "authorizerResource" }
  /** What another program gave (`CelProgram.result`); its value is that program's `CelResult.native`. */
  | { readonly kind: "native"; readonly type: unknown };

export interface CelProgram {
  readonly expression: string;
  /** Type of the result, in CEL's words: `bool`, `string`, `list(string)` …; `dyn` when it is known only later. */
  readonly resultType: string;
  /** The same, to declare a variable that holds the result. */
  readonly result: CelType;
  /** Worst cost of one evaluation by upstream's estimator, from the declared lengths; Infinity when unbounded. */
  readonly estimatedCost: number;
  /** Variables that the expression names. */
  readonly uses: ReadonlySet<string>;
  /** @throws CelEvaluationError */
  evaluate(variables: Readonly<Record<string, unknown>>, limits?: CelLimits): CelResult;
}

export interface CelLimits {
  /** Cost units that this evaluation may use (upstream: 1,000,000 an expression). */
  readonly cost?: number;
  /** Now, for expressions that may ask; milliseconds since the epoch. */
  readonly nowMs?: number;
}

export interface CelResult {
  /** As JSON would hold it: integers are numbers (bigint beyond 2^53), times and durations strings, absent optionals undefined. */
  readonly value: unknown;
  /** The value for a variable of another expression, with nothing lost. */
  readonly native: unknown;
  readonly cost: number;
}

/** Answers `authorizer…check(verb)`; decided before the evaluation would need it is not possible, so it must be synchronous. */
export interface CelAuthorizer {
  check(request: CelAuthorizationRequest): {
    readonly allowed: boolean;
    readonly reason: string;
    readonly error?: string;
  };
}

/** The value of `authorizer.requestResource`. */
export interface CelAuthorizerResource {
  readonly authorizer: CelAuthorizer;
  readonly request: Omit<CelAuthorizationRequest, "verb">;
}

export interface CelAuthorizationRequest {
  /** Absent: the user of the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  /** A path, or a resource. */
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export class CelCompileError extends Error {
  override name = "CelCompileError";
}

export class CelEvaluationError extends Error {
  override name = "CelEvaluationError";
  /** True when the cost limit ended it. */
  readonly isCostExceeded: boolean;
  /** What the evaluation had cost until then. */
  cost = 0;
  constructor(message: string, options: { isCostExceeded?: boolean } = {}) {
    super(message);
    this.isCostExceeded = options.isCostExceeded === true;
  }
}
