import { ageColumn, firstThree, nameColumn, textColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type {
  ServerStorageVersion,
  StorageVersion,
  StorageVersionCondition,
  StorageVersionStatus,
} from "../generated/internal.apiserver.k8s.io/v1alpha1.ts";
import { defineKind } from "../kind.ts";
import { dns1035LabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";

export const storageVersionKind = defineKind<StorageVersion>({
  group: "internal.apiserver.k8s.io",
  version: "v1alpha1",
  kind: "StorageVersion",
  refusesUnconditionalUpdate: true,
  withoutGeneration: true,
  nameRule: "pathSegment",
  prepareForCreate(version) {
    version.status = {};
  },
  validateCreate({ metadata }) {
    const name = metadata?.name ?? "";
    return invalids("metadata.name", name, nameErrors(name));
  },
  statusKeepsMetadata: true,
  validateStatusUpdate: ({ status = {} }) => validateStatus(status),
  columns: [
    nameColumn,
    textColumn<StorageVersion>(
      "CommonEncodingVersion",
      columnTexts["apiserverinternal.v1alpha1.StorageVersionStatus.commonEncodingVersion"],
      ({ status }) => status?.commonEncodingVersion ?? "<unset>",
    ),
    textColumn<StorageVersion>(
      "StorageVersions",
      columnTexts["apiserverinternal.v1alpha1.StorageVersionStatus.storageVersions"],
      ({ status }) =>
        firstThree(
          (status?.storageVersions ?? []).map((each) => `${each.apiServerID}=${each.encodingVersion}`),
          "<unset>",
        ),
    ),
    ageColumn,
  ],
});

/** `<group>.<resource>` */
function nameErrors(name: string): string[] {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return ["name must be in the form of <group>.<resource>"];
  return [
    ...dnsSubdomainErrors(name.slice(0, dot)).map((message) => `the group segment ${message}`),
    ...dns1035LabelErrors(name.slice(dot + 1)).map((message) => `the resource segment ${message}`),
  ];
}

function validateStatus(status: StorageVersionStatus): FieldError[] {
  const { storageVersions = [], conditions = [] } = status;
  return [
    ...storageVersions.flatMap((each, index) => validateServer(each, `status.storageVersions[${index}]`)),
    ...validateCommon(storageVersions, status.commonEncodingVersion),
    ...validateConditions(conditions),
  ];
}

function validateServer(server: ServerStorageVersion, field: string): FieldError[] {
  const { apiServerID = "", encodingVersion = "", decodableVersions = [] } = server;
  const errors = invalids(`${field}.apiServerID`, apiServerID, dnsSubdomainErrors(apiServerID));
  errors.push(...validateVersion(encodingVersion, `${field}.encodingVersion`));
  decodableVersions.forEach((version, index) => {
    errors.push(...validateVersion(version, `${field}.decodableVersions[${index}]`));
  });
  if (decodableVersions.includes(encodingVersion)) return errors;
  const message = `decodableVersions must include encodingVersion ${encodingVersion}`;
  return [...errors, invalid(`${field}.decodableVersions`, decodableVersions, message)];
}

/** What all servers encode to is said exactly when it is one version. */
function validateCommon(servers: readonly ServerStorageVersion[], said: string | undefined): FieldError[] {
  const field = "status.commonEncodingVersion";
  const versions = new Set(servers.map(({ encodingVersion }) => encodingVersion));
  const [common] = versions.size === 1 ? versions : [];
  if (common === said) return [];
  if (common === undefined) {
    const message =
      "should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet";
    return [invalid(field, said, message)];
  }
  const message = said === undefined ? "the common encoding version is" : "the actual common encoding version is";
  return [invalid(field, said, `${message} ${common}`)];
}

/** Errors name the conditions as upstream does. */
function validateConditions(conditions: readonly StorageVersionCondition[]): FieldError[] {
  const seen = new Map<string, number>();
  return conditions.flatMap(({ type = "", status = "", reason, message }, index) => {
    const field = `status[${index}]`;
    const errors: FieldError[] = [];
    if (seen.has(type)) {
      const why = `the type of the condition is not unique, it also appears in conditions[${seen.get(type)}]`;
      errors.push(invalid(`${field}.type`, type, why));
    }
    seen.set(type, index);
    errors.push(...invalids(`${field}.type`, type, qualifiedNameErrors(type)));
    errors.push(...invalids(`${field}.status`, type, qualifiedNameErrors(status)));
    if (!reason) errors.push(required(`${field}.reason`, "reason cannot be empty"));
    if (!message) errors.push(required(`${field}.message`, "message cannot be empty"));
    return errors;
  });
}

/** `version` or `group/version` */
function validateVersion(text: string, field: string): FieldError[] {
  const parts = text.split("/");
  if (parts.length > 2) {
    const message =
      "an apiVersion is a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')";
    return [invalid(field, text, message)];
  }
  const version = parts.at(-1)!;
  const errors: string[] = [];
  if (parts.length === 2) errors.push(...part("group", parts[0]!, dnsSubdomainErrors));
  errors.push(...part("version", version, dns1035LabelErrors));
  return errors.length === 0 ? [] : [invalid(field, text, errors.join(","))];
}

function part(name: string, text: string, rule: (text: string) => string[]): string[] {
  const messages = text === "" ? ["must be non-empty"] : rule(text);
  return messages.map((message) => `${name} part: ${message}`);
}
