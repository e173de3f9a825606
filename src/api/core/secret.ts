import { ageColumn, nameColumn, textColumn, textNumberColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required, tooLong } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { Secret } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { configMapKeyErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { IMMUTABLE_SET } from "./config-map.ts";
import { keyPairWarnings } from "./key-pair-warnings.ts";

const BYTES_MAX = 1024 * 1024;
const ACCOUNT_NAME = "kubernetes.io/service-account.name";

export const secretKind = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  withoutGeneration: true,
  setDefaults(secret) {
    secret.type ||= "Opaque";
    // Text is a way to write only: it becomes data.
    for (const [key, value] of Object.entries(secret.stringData ?? {})) {
      secret.data = { ...secret.data, [key]: Buffer.from(value).toString("base64") };
    }
    delete secret.stringData;
  },
  validate: validateSecret,
  validateUpdate(secret, old) {
    const errors = immutable(secret.type, old.type, "type");
    if (old.immutable !== true) return errors;
    if (secret.immutable !== true) errors.push(forbiddenField("immutable", IMMUTABLE_SET));
    if (immutable(secret.data, old.data, "data").length > 0) errors.push(forbiddenField("data", IMMUTABLE_SET));
    return errors;
  },
  warnings: (secret) => (secret.type === "kubernetes.io/tls" ? keyPairWarnings(secret.data ?? {}) : []),
  columns: [
    nameColumn,
    textColumn<Secret>("Type", columnTexts["core.v1.Secret.type"], (secret) => secret.type ?? ""),
    textNumberColumn<Secret>(
      "Data",
      columnTexts["core.v1.Secret.data"],
      (secret) => Object.keys(secret.data ?? {}).length,
    ),
    ageColumn,
  ],
  selectableFields: { type: (secret) => secret.type ?? "" },
});

function validateSecret(secret: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    errors.push(...invalids(`data[${key}]`, key, configMapKeyErrors(key)));
    bytes += Buffer.byteLength(value, "base64");
  }
  if (bytes > BYTES_MAX) errors.push(tooLong("data", BYTES_MAX));
  return [...errors, ...validateType(secret)];
}

function validateType(secret: Secret): FieldError[] {
  const has = (key: string): boolean => secret.data?.[key] !== undefined;
  switch (secret.type) {
    case "kubernetes.io/service-account-token":
      return secret.metadata?.annotations?.[ACCOUNT_NAME] ? [] : [required(`metadata.annotations[${ACCOUNT_NAME}]`)];
    case "kubernetes.io/dockercfg":
      return validateJson(secret, ".dockercfg");
    case "kubernetes.io/dockerconfigjson":
      return validateJson(secret, ".dockerconfigjson");
    case "kubernetes.io/basic-auth":
      return has("username") || has("password") ? [] : [required("data[username]"), required("data[password]")];
    case "kubernetes.io/ssh-auth":
      return secret.data?.["ssh-privatekey"] ? [] : [required("data[ssh-privatekey]")];
    case "kubernetes.io/tls":
      return ["tls.crt", "tls.key"].filter((key) => !has(key)).map((key) => required(`data[${key}]`));
    default:
      return [];
  }
}

function validateJson(secret: Secret, key: string): FieldError[] {
  const encoded = secret.data?.[key];
  if (encoded === undefined) return [required(`data[${key}]`)];
  const problem = jsonProblem(Buffer.from(encoded, "base64").toString("utf8"));
  return problem === undefined ? [] : [invalid(`data[${key}]`, "<secret contents redacted>", problem)];
}

/** Why the text is no JSON object, in Go's words. */
function jsonProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === "object" && !Array.isArray(value))) return undefined;
    const found = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${found} into Go value of type map[string]interface {}`;
  } catch {
    const first = text.trimStart();
    if (first === "") return "unexpected end of JSON input";
    if (/^[[{"0-9tfn-]/.test(first)) return "invalid JSON";
    return `invalid character '${[...first][0]}' looking for beginning of value`;
  }
}
