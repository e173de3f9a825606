import type { CelOptions } from "./cel.ts";
import type { Environment } from "./check/context.ts";
import { conversions } from "./library/conversions.ts";
import { operators } from "./library/operators.ts";
import { optionals } from "./library/optionals.ts";
import type { FunctionTable } from "./library/overload.ts";
import { functionTable } from "./library/overload.ts";
import { standard } from "./library/standard.ts";
import { timeFunctions } from "./library/time-functions.ts";
import { declare } from "./types/declared.ts";
import type { Type } from "./types/type.ts";
import { dynType, listOf, mapOf, opaque, parseType, typeOf } from "./types/type.ts";

const functions: FunctionTable = functionTable([
  ...operators,
  ...standard,
  ...conversions,
  ...timeFunctions,
  ...optionals,
]);

const typeNames: ReadonlyMap<string, Type> = new Map([
  ...["bool", "int", "uint", "double", "string", "bytes"].map((name) => [name, parseType(name)] as const),
  ["null_type", parseType("null")],
  ["list", listOf(dynType)],
  ["map", mapOf(dynType, dynType)],
  ["type", typeOf(dynType)],
  ["optional_type", opaque("optional_type", dynType)],
  ["google.protobuf.Timestamp", parseType("timestamp")],
  ["google.protobuf.Duration", parseType("duration")],
]);

/** What expressions may use: Kubernetes' libraries and the variables of `options`. */
export function environmentOf(options: CelOptions): Environment {
  return {
    variables: new Map(Object.entries(options.variables).map(([name, type]) => [name, declare(type)])),
    functions,
    typeNames,
    message: () => undefined,
  };
}
