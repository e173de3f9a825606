import { joined } from "../../base/joined.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { HostAlias, PodSpec } from "../generated/core/v1.ts";
import { ipErrors } from "../ip-address.ts";
import { dnsSubdomainErrors, maxLengthMessage, regexMessage } from "../names.ts";

/** Upstream lists these in their own order. */
const POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_CHARACTERS_MAX = 2048;

export function validateDnsPolicy(policy: string | undefined, field: string): FieldError[] {
  if (!policy) return [required(field)];
  return POLICIES.includes(policy) ? [] : [notSupported(field, policy, POLICIES)];
}

/** What is wrong with how a pod finds names. @param known addresses that may stay as they are */
export function validateDnsConfig(spec: PodSpec, field: string, known: readonly string[] = []): FieldError[] {
  const { dnsPolicy, dnsConfig } = spec;
  if (dnsPolicy === "None") {
    if (dnsConfig === undefined) return [required(field, "must provide `dnsConfig` when `dnsPolicy` is None")];
    if ((dnsConfig.nameservers ?? []).length === 0) {
      const message = "must provide at least one DNS nameserver when `dnsPolicy` is None";
      return [required(`${field}.nameservers`, message)];
    }
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const errors: FieldError[] = [];
  if (nameservers.length > NAMESERVERS_MAX) {
    errors.push(invalid(`${field}.nameservers`, nameservers, `must not have more than ${NAMESERVERS_MAX} nameservers`));
  }
  nameservers.forEach((address, index) => {
    errors.push(...invalids(`${field}.nameservers[${index}]`, address, ipErrors(address, known)));
  });
  if (searches.length > SEARCHES_MAX) {
    errors.push(invalid(`${field}.searches`, searches, `must not have more than ${SEARCHES_MAX} search paths`));
  }
  if (searches.join(" ").length > SEARCH_CHARACTERS_MAX) {
    const message = `must not have more than ${SEARCH_CHARACTERS_MAX} characters (including spaces) in the search list`;
    errors.push(invalid(`${field}.searches`, searches, message));
  }
  searches.forEach((search, index) => {
    if (search === ".") return;
    const relative = search.replace(/\.$/, "");
    errors.push(...invalids(`${field}.searches[${index}]`, relative, searchErrors(relative)));
  });
  options.forEach((option, index) => {
    if (!option.name) errors.push(required(`${field}.options[${index}]`, "must not be empty"));
  });
  return errors;
}

const SEARCH_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const SEARCH = `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`;
const SEARCH_PATTERN = new RegExp(`^${SEARCH}$`);

/** Like the name of a domain, but that labels may have underscores where they do not end. */
function searchErrors(search: string): string[] {
  const errors = search.length > 253 ? [maxLengthMessage(253)] : [];
  if (SEARCH_PATTERN.test(search)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, SEARCH, ["example.com"])];
}

/** What is wrong with lines for the hosts file. @param known addresses that may stay as they are */
export function validateHostAliases(
  aliases: readonly HostAlias[] | undefined,
  field: string,
  known: readonly string[] = [],
): FieldError[] {
  return (aliases ?? []).flatMap(({ ip = "", hostnames }, index) =>
    joined(
      invalids(`${field}[${index}].ip`, ip, ipErrors(ip, known)),
      (hostnames ?? []).flatMap((hostname, at) =>
        invalids(`${field}[${index}].hostnames[${at}]`, hostname, dnsSubdomainErrors(hostname)),
      ),
    ),
  );
}
