import { type FieldError, invalid, required } from "../../api/field-error.ts";
import {
  type EncryptionConfiguration,
  groupResourceOf,
  type KmsConfiguration,
  type ProviderConfiguration,
} from "./configuration.ts";
import { durationMs } from "./duration.ts";
import type { NamedKey } from "./named-key.ts";

const AES_KEY_BYTES = [16, 24, 32];
const SECRETBOX_KEY_BYTES = [32];
const KINDS = ["kms", "aesgcm", "aescbc", "secretbox", "identity"] as const;

/** What is wrong with a configuration, in upstream's words (ValidateEncryptionConfiguration). Keys are never repeated. */
export function validateEncryptionConfiguration(config: EncryptionConfiguration): FieldError[] {
  const entries = list(config.resources);
  if (entries.length === 0) return [required("resources", "at least one resources is required")];
  const kmsNames = new Set<string>();
  return entries.flatMap((entry, index) => {
    const at = `resources[${index}]`;
    const resources = list(entry?.resources);
    const providers = list(entry?.providers);
    return [
      ...(resources.length === 0 ? [required(`${at}.resources`, `at least one ${at}.resources is required`)] : []),
      ...overlaps(resources, `${at}.resources`),
      ...resources.flatMap((name, place) => resourceName(String(name), `${at}.resources[${place}]`)),
      ...(providers.length === 0 ? [required(`${at}.providers`, `at least one ${at}.providers is required`)] : []),
      ...providers.flatMap((each, place) => provider(each ?? {}, { at: `${at}.providers[${place}]`, kmsNames })),
    ];
  });
}

function provider(
  config: ProviderConfiguration,
  { at, kmsNames }: { at: string; kmsNames: Set<string> },
): FieldError[] {
  const found = KINDS.filter((kind) => config[kind] !== undefined && config[kind] !== null);
  if (found.length === 0) {
    const detail = "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity";
    return [invalid(at, Object.keys(config).join(","), detail)];
  }
  if (found.length > 1) {
    const detail = "more than one provider specified in a single element, should split into different list elements";
    return [invalid(at, found.join(","), detail)];
  }
  const [kind] = found;
  if (kind === "kms") return kms(config.kms!, { at: `${at}.kms`, names: kmsNames });
  if (kind === "identity" || kind === undefined) return [];
  const sizes = kind === "secretbox" ? SECRETBOX_KEY_BYTES : AES_KEY_BYTES;
  return keys(list(config[kind]?.keys), { at: `${at}.${kind}.keys`, sizes });
}

function keys(all: readonly NamedKey[], { at, sizes }: { at: string; sizes: readonly number[] }): FieldError[] {
  if (all.length === 0) return [required(at, "at least one keys is required")];
  return all.flatMap((key, index) => {
    const errors: FieldError[] = [];
    if (!key?.name) errors.push(required(`${at}[${index}].name`, "name is a mandatory field for a key"));
    if (!key?.secret) return [...errors, required(`${at}[${index}].secret`, "secret is a mandatory field for a key")];
    const length = base64Length(key.secret);
    const field = `${at}[${index}].secret`;
    if (length === undefined) errors.push(invalid(field, "REDACTED", "secrets must be base64 encoded"));
    else if (!sizes.includes(length)) {
      const detail = `secret is not of the expected length, got ${length}, expected one of [${sizes.join(" ")}]`;
      errors.push(invalid(field, "REDACTED", detail));
    }
    return errors;
  });
}

function kms(config: KmsConfiguration, { at, names }: { at: string; names: Set<string> }): FieldError[] {
  const errors: FieldError[] = [];
  const { name = "", endpoint = "", apiVersion = "v1" } = config;
  if (name === "") errors.push(required(`${at}.name`, "name is a mandatory field for a provider"));
  if (name.includes(":")) {
    errors.push(invalid(`${at}.name`, name, `invalid KMS provider name ${name}, must not contain ':'`));
  }
  if (names.has(name)) {
    errors.push(invalid(`${at}.name`, name, `duplicate KMS provider name ${name}, names must be unique`));
  }
  names.add(name);
  if (config.timeout !== undefined && !(durationMs(config.timeout) > 0)) {
    errors.push(invalid(`${at}.timeout`, config.timeout, "timeout should be a positive value"));
  }
  if (endpoint === "") errors.push(invalid(`${at}.endpoint`, "", "endpoint is a mandatory field for a kms"));
  else if (!endpoint.startsWith("unix:")) {
    const scheme = /^([a-z0-9+.-]*):/i.exec(endpoint)?.[1] ?? "";
    const detail = `unsupported scheme "${scheme}" for KMS provider, only unix is supported`;
    errors.push(invalid(`${at}.endpoint`, endpoint, detail));
  }
  if (apiVersion !== "v1" && config.cachesize !== undefined) {
    errors.push(invalid(`${at}.cachesize`, config.cachesize, "cachesize is not supported in v2"));
  }
  if (apiVersion !== "v1" && apiVersion !== "v2") {
    const detail = "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported";
    errors.push(invalid(`${at}.apiVersion`, apiVersion, detail));
  }
  return errors;
}

function overlaps(resources: readonly string[], field: string): FieldError[] {
  const parsed = resources.map((each) => groupResourceOf(String(each)));
  const pairs = parsed.flatMap((one, index) => parsed.slice(index + 1).map((two) => ({ one, two })));
  const same = pairs.some(({ one, two }) => one.group === two.group && one.resource === two.resource);
  const masked = pairs.some(({ one, two }) => {
    const isAll = [one, two].some((each) => each.group === "*" && each.resource === "*");
    const isGroup = one.group === two.group && one.resource !== two.resource;
    return isAll || (isGroup && (one.resource === "*" || two.resource === "*"));
  });
  return [
    ...(same ? [invalid(field, resources, "the same resource cannot be specified multiple times")] : []),
    ...(masked
      ? [
          invalid(
            field,
            resources,
            "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
          ),
        ]
      : []),
  ];
}

function resourceName(name: string, field: string): FieldError[] {
  const detail = wrongName(name);
  return detail === undefined ? [] : [invalid(field, name, detail)];
}

function wrongName(name: string): string | undefined {
  if (name.toLowerCase() !== name) return "resource name should not contain capital letters";
  if (name === "*") {
    return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources";
  }
  if (["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"].includes(name)) {
    return "resources which do not have REST API/s cannot be encrypted";
  }
  const { group, resource } = groupResourceOf(name);
  if (group === "events.k8s.io") {
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file";
  }
  if (group === "extensions") return "'extensions' group has been removed and cannot be used for encryption";
  if (group === "*" && resource !== "*") return "encrypting the same resource across groups is not supported";
  return undefined;
}

/** How many bytes the text stands for; undefined when it is not base64. */
function base64Length(text: string): number | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? Buffer.from(text, "base64").length : undefined;
}

function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}
