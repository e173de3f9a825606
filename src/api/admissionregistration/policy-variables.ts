import type { Cel, CelProgram, CelType } from "../cel/cel.ts";

const text: CelType = { kind: "string" };
const time: CelType = { kind: "timestamp" };
const texts: CelType = { kind: "list", element: text };
const textMap: CelType = { kind: "map", value: text };

const kindType: CelType = {
  kind: "object",
  name: "kubernetes.GroupVersionKind",
  plainNames: true,
  fields: { group: text, version: text, kind: text },
};
const resourceType: CelType = {
  kind: "object",
  name: "kubernetes.GroupVersionResource",
  plainNames: true,
  fields: { group: text, version: text, resource: text },
};
const userType: CelType = {
  kind: "object",
  name: "kubernetes.UserInfo",
  plainNames: true,
  fields: {
    username: text,
    uid: text,
    groups: { kind: "list", element: text },
    extra: { kind: "map", value: { kind: "list", element: text } },
  },
};

/** The type of `request` in expressions (upstream: plugin/cel.BuildRequestType). */
export const requestType: CelType = {
  kind: "object",
  name: "kubernetes.AdmissionRequest",
  plainNames: true,
  fields: {
    kind: kindType,
    resource: resourceType,
    subResource: text,
    requestKind: kindType,
    requestResource: resourceType,
    requestSubResource: text,
    name: text,
    namespace: text,
    operation: text,
    userInfo: userType,
    dryRun: { kind: "boolean" },
    options: { kind: "dynamic" },
  },
};

/** The type of `namespaceObject`: what upstream shows of a namespace. */
const namespaceType: CelType = {
  kind: "object",
  name: "kubernetes.Namespace",
  fields: {
    metadata: {
      kind: "object",
      name: "kubernetes.NamespaceMetadata",
      plainNames: true,
      fields: {
        name: text,
        generateName: text,
        namespace: text,
        labels: textMap,
        annotations: textMap,
        UID: text,
        creationTimestamp: time,
        deletionGracePeriodSeconds: { kind: "integer" },
        deletionTimestamp: time,
        generation: { kind: "integer" },
        resourceVersion: text,
        finalizers: texts,
      },
    },
    spec: { kind: "object", name: "kubernetes.NamespaceSpec", fields: { finalizers: texts } },
    status: {
      kind: "object",
      name: "kubernetes.NamespaceStatus",
      fields: {
        phase: text,
        conditions: {
          kind: "list",
          element: {
            kind: "object",
            name: "kubernetes.NamespaceCondition",
            fields: { type: text, status: text, lastTransitionTime: time, reason: text, message: text },
          },
        },
      },
    },
  },
};

export type VariableTypes = Readonly<Record<string, CelType>>;

/** What expressions of a policy may name besides its own variables. */
export function policyVariables(
  of: { hasParams: boolean; hasAuthorizer: boolean },
  object: CelType = { kind: "dynamic" },
): VariableTypes {
  return {
    object,
    oldObject: object,
    request: requestType,
    namespaceObject: namespaceType,
    ...(of.hasParams && { params: { kind: "dynamic" } as const }),
    ...(of.hasAuthorizer && {
      authorizer: { kind: "authorizer" } as const,
      "authorizer.requestResource": { kind: "authorizerResource" } as const,
    }),
  };
}

/** A variable of a policy's own, evaluated when an expression first asks for it. */
export interface CompiledVariable {
  readonly name: string;
  readonly program: CelProgram;
}

/** The type of `variables` when those before an expression are these. */
export function withOwnVariables(types: VariableTypes, own: readonly CompiledVariable[]): VariableTypes {
  const fields = Object.fromEntries(own.map(({ name, program }) => [name, program.result]));
  return { ...types, variables: { kind: "object", name: "kubernetes.variables", fields } };
}

/** Compiles a policy's variables in order, each of which may name those before it. What does not compile is told and left out. */
export function compileVariables(
  cel: Cel,
  variables: readonly { readonly name: string; readonly expression: string }[],
  of: {
    readonly types: VariableTypes;
    readonly mutations: boolean;
    readonly failed: (index: number, error: unknown) => void;
  },
): CompiledVariable[] {
  const compiled: CompiledVariable[] = [];
  for (const [index, { name, expression }] of variables.entries()) {
    try {
      const program = cel.compile(expression, {
        variables: withOwnVariables(of.types, compiled),
        mutations: of.mutations,
      });
      compiled.push({ name, program });
    } catch (error) {
      of.failed(index, error);
    }
  }
  return compiled;
}
