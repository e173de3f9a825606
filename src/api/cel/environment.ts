import type { CelOptions } from "./cel.ts";
import type { Environment } from "./check/context.ts";
import { authorizerFunctions } from "./library/authorizer.ts";
import { conversions } from "./library/conversions.ts";
import { formatFunctions } from "./library/formats.ts";
import { listFunctions } from "./library/list-functions.ts";
import { lists, sets } from "./library/lists.ts";
import { mutationFunctions, mutationMessage } from "./library/mutation.ts";
import { network } from "./library/network.ts";
import { operators } from "./library/operators.ts";
import { optionals } from "./library/optionals.ts";
import type { FunctionTable, Overload } from "./library/overload.ts";
import { functionTable } from "./library/overload.ts";
import { quantities } from "./library/quantities.ts";
import { regex } from "./library/regex.ts";
import { semvers } from "./library/semvers.ts";
import { standard } from "./library/standard.ts";
import { strings } from "./library/strings.ts";
import { timeFunctions } from "./library/time-functions.ts";
import { urls } from "./library/urls.ts";
import { declare } from "./types/declared.ts";
import type { Type } from "./types/type.ts";
import { dynType, listOf, mapOf, opaque, parseType, typeOf } from "./types/type.ts";

const everywhere: readonly Overload[] = [
  ...operators,
  ...standard,
  ...conversions,
  ...timeFunctions,
  ...optionals,
  ...strings,
  ...lists,
  ...listFunctions,
  ...sets,
  ...regex,
  ...urls,
  ...network,
  ...quantities,
  ...semvers,
  ...formatFunctions,
  ...authorizerFunctions,
];
const functions: FunctionTable = functionTable(everywhere);
const functionsForMutations: FunctionTable = functionTable([...everywhere, ...mutationFunctions]);

const typeNames: ReadonlyMap<string, Type> = new Map([
  ...["bool", "int", "uint", "double", "string", "bytes"].map((name) => [name, parseType(name)] as const),
  ["null_type", parseType("null")],
  ["list", listOf(dynType)],
  ["map", mapOf(dynType, dynType)],
  ["type", typeOf(dynType)],
  ["optional_type", opaque("optional_type", dynType)],
  ...["net.IP", "net.CIDR", "kubernetes.URL", "kubernetes.Quantity", "kubernetes.Semver"].map(
    (name) => [name, opaque(name)] as const,
  ),
  ["google.protobuf.Timestamp", parseType("timestamp")],
  ["google.protobuf.Duration", parseType("duration")],
]);

/** What expressions may use: Kubernetes' libraries and the variables of `options`. */
export function environmentOf(options: CelOptions): Environment {
  return {
    variables: new Map(Object.entries(options.variables).map(([name, type]) => [name, declare(type)])),
    functions: options.mutations === true ? functionsForMutations : functions,
    typeNames,
    message: options.mutations === true ? mutationMessage : () => undefined,
  };
}
