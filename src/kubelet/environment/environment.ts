import type { Container, EnvFromSource, EnvVar, EnvVarSource, Pod } from "../../api/generated/core/v1.ts";
import { environmentNameErrors } from "../../api/names.ts";
import { isNotFound } from "../../api/status.ts";
import { expand, lookupIn } from "./expansion.ts";
import { type FieldFacts, fieldValue, resourceValue } from "./fields.ts";
import type { ReferencedObjects } from "./objects.ts";
import { type ServiceFacts, serviceVariables } from "./service-variables.ts";

export interface EnvironmentSources {
  readonly objects: ReferencedObjects;
  readonly services: readonly ServiceFacts[];
  readonly fields: FieldFacts;
}

/**
 * The variables of a container, in the order that they are set: services, then envFrom, then env; a later one replaces an
 * earlier one. `$(NAME)` in a value means one that is set before it.
 * Rejects with an Error in upstream's words when a reference that is not optional is missing.
 */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<Map<string, string>> {
  const namespace = pod.metadata?.namespace ?? "";
  const result = new Map<string, string>();
  for (const source of container.envFrom ?? []) await addAll(result, source, { namespace, sources });
  const linked = serviceVariables(sources.services, {
    namespace,
    enableServiceLinks: pod.spec?.enableServiceLinks ?? true,
  });
  const lookup = lookupIn(result, linked);
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, { pod, container, sources, lookup });
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of linked) if (!result.has(name)) result.set(name, value);
  return result;
}

async function addAll(
  result: Map<string, string>,
  source: EnvFromSource,
  { namespace, sources }: { namespace: string; sources: EnvironmentSources },
): Promise<void> {
  const { configMapRef, secretRef, prefix = "" } = source;
  const add = (data: Record<string, string> | undefined, decode: (text: string) => string) => {
    for (const key of Object.keys(data ?? {}).sort()) {
      const name = prefix + key;
      if (environmentNameErrors(name).length === 0) result.set(name, decode(data![key]!));
    }
  };
  if (configMapRef !== undefined) {
    const found = await optional(sources.objects.configMap(namespace, configMapRef.name ?? ""), configMapRef.optional);
    add(found?.data, (text) => text);
  }
  if (secretRef !== undefined) {
    const found = await optional(sources.objects.secret(namespace, secretRef.name ?? ""), secretRef.optional);
    add(found?.data, decodeBase64);
  }
}

interface VariableContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly sources: EnvironmentSources;
  readonly lookup: (name: string) => string | undefined;
}

async function variableValue(variable: EnvVar, context: VariableContext): Promise<string | undefined> {
  if (variable.valueFrom === undefined) return expand(variable.value ?? "", context.lookup);
  const { fieldRef, resourceFieldRef } = variable.valueFrom;
  const { pod, container, sources } = context;
  if (fieldRef !== undefined) {
    const value = fieldValue(fieldRef, pod, sources.fields);
    if (value === undefined) throw new Error(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef !== undefined) {
    const value = resourceValue(resourceFieldRef, pod, { ...sources.fields, defaultContainer: container.name });
    if (value === undefined) throw new Error(`unsupported container resource : ${resourceFieldRef.resource}`);
    return value;
  }
  return keyValue(variable.valueFrom, context);
}

async function keyValue(source: EnvVarSource, { pod, sources }: VariableContext): Promise<string | undefined> {
  const namespace = pod.metadata?.namespace ?? "";
  const { configMapKeyRef, secretKeyRef } = source;
  if (configMapKeyRef !== undefined) {
    const { name = "", key } = configMapKeyRef;
    const found = await optional(sources.objects.configMap(namespace, name), configMapKeyRef.optional);
    const value = found?.data?.[key];
    if (value === undefined && configMapKeyRef.optional !== true) {
      throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    }
    return value;
  }
  if (secretKeyRef !== undefined) {
    const { name = "", key } = secretKeyRef;
    const found = await optional(sources.objects.secret(namespace, name), secretKeyRef.optional);
    const value = found?.data?.[key];
    if (value === undefined && secretKeyRef.optional !== true) {
      throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    }
    return value === undefined ? undefined : decodeBase64(value);
  }
  throw new Error("the variable's source is of a kind that this kubelet does not know");
}

async function optional<T>(found: Promise<T>, isOptional: boolean | undefined): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isOptional === true && isNotFound(error)) return undefined;
    throw error;
  }
}

function decodeBase64(text: string): string {
  return Buffer.from(text, "base64").toString();
}
