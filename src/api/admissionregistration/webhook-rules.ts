import { oneOfWhenSet } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { RuleWithOperations, WebhookClientConfig } from "../generated/admissionregistration.k8s.io/v1.ts";
import { dnsSubdomainErrors, portNumberErrors } from "../names.ts";

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

interface Rule {
  apiGroups?: string[];
  apiVersions?: string[];
  operations?: string[];
  resources?: string[];
  scope?: string;
}

/** Rules cover all scopes unless they say otherwise. */
export function setRuleDefaults(rules: readonly Rule[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= "*";
}

/** What is wrong with a list of rules. */
export function validateRules(rules: readonly (RuleWithOperations | Rule)[] | undefined, field: string): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => validateRule(rule, `${field}[${index}]`));
}

export function validateRule(rule: RuleWithOperations | Rule, field: string): FieldError[] {
  const errors = validateWords(rule.operations ?? [], `${field}.operations`, "operations");
  (rule.operations ?? []).forEach((operation, at) => {
    errors.push(...oneOfWhenSet(operation, OPERATIONS, `${field}.operations[${at}]`));
  });
  errors.push(...validateWords(rule.apiGroups ?? [], `${field}.apiGroups`, "API groups"));
  errors.push(...validateWords(rule.apiVersions ?? [], `${field}.apiVersions`, "API versions"));
  (rule.apiVersions ?? []).forEach((version, at) => {
    if (version === "") errors.push(required(`${field}.apiVersions[${at}]`));
  });
  errors.push(...validateResources(rule.resources ?? [], `${field}.resources`));
  return [...errors, ...oneOfWhenSet(rule.scope, ["*", "Cluster", "Namespaced"], `${field}.scope`)];
}

/** One at least; all of them stand alone. */
function validateWords(values: readonly string[], field: string, words: string): FieldError[] {
  if (values.length === 0) return [required(field)];
  if (values.length === 1 || !values.includes("*")) return [];
  return [invalid(field, values, `if '*' is present, must not specify other ${words}`)];
}

/** No resource may be named that another name in the list covers already. */
function validateResources(resources: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(field)] : [];
  const ofEverySubresource = new Set<string>();
  const ofEveryResource = new Set<string>();
  resources.forEach((name, index) => {
    const path = `${field}[${index}]`;
    if (name === "") errors.push(required(path));
    const slash = name.indexOf("/");
    if (slash < 0) return;
    const [resource, subresource] = [name.slice(0, slash), name.slice(slash + 1)];
    if (ofEverySubresource.has(resource)) {
      errors.push(invalid(path, name, `if '${resource}/*' is present, must not specify ${name}`));
    }
    if (ofEveryResource.has(subresource)) {
      errors.push(invalid(path, name, `if '*/${subresource}' is present, must not specify ${name}`));
    }
    if (subresource === "*") ofEverySubresource.add(resource);
    if (resource === "*") ofEveryResource.add(subresource);
  });
  if (resources.length > 1 && resources.includes("*/*")) {
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"));
  }
  // As upstream, which looks at the last whole resource alone.
  const last = resources.findLast((name) => name !== "" && !name.includes("/"));
  if (resources.includes("*") && last !== "*") {
    const message = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(field, resources, message));
  }
  return errors;
}

/** What is wrong with where a webhook is called: by URL, or by service. */
export function validateClientConfig(config: WebhookClientConfig | undefined, field: string): FieldError[] {
  const { url, service } = config ?? {};
  if ((url === undefined) === (service === undefined))
    return [required(field, "exactly one of url or service is required")];
  if (url !== undefined) return validateUrl(url, `${field}.url`);
  const errors: FieldError[] = [];
  if (!service?.name) errors.push(required(`${field}.service.name`, "service name is required"));
  if (!service?.namespace) errors.push(required(`${field}.service.namespace`, "service namespace is required"));
  const wrongPort = portNumberErrors(service?.port ?? 443);
  if (wrongPort.length > 0) {
    errors.push(invalid(`${field}.service.port`, service?.port, `port is not valid: ${wrongPort.join(",")}`));
  }
  const path = service?.path ?? "";
  if (path === "//") return [...errors, invalid(`${field}.service.path`, path, "segment[0] may not be empty")];
  if (path !== "" && !path.startsWith("/")) {
    errors.push(invalid(`${field}.service.path`, path, "must start with a '/'"));
  }
  if (path !== "" && path !== "/") {
    const segments = path.replace(/\/$/, "").slice(1).split("/");
    segments.forEach((segment, index) => {
      if (segment === "") errors.push(invalid(`${field}.service.path`, path, `segment[${index}] may not be empty`));
      else {
        for (const message of dnsSubdomainErrors(segment)) {
          errors.push(invalid(`${field}.service.path`, path, `segment[${index}]: ${message}`));
        }
      }
    });
  }
  return errors;
}

const URL_PARTS = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?([^/?#]*))?/;

function validateUrl(text: string, field: string): FieldError[] {
  const form = "; desired format: https://host[/path]";
  // As Go reads it: without a scheme it is a path, and only two slashes begin a host.
  const [, scheme = "", user, host = ""] = URL_PARTS.exec(text)!;
  if (scheme !== "" && host !== "" && !URL.canParse(text)) {
    return [required(field, `url must be a valid URL: cannot parse ${JSON.stringify(text)}${form}`)];
  }
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== "https") {
    errors.push(invalid(field, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`));
  }
  if (host === "") errors.push(invalid(field, "", `host must be specified${form}`));
  if (user !== undefined) errors.push(invalid(field, user, "user information is not permitted in the URL"));
  const [, query = "", fragment = ""] = /^[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(text)!;
  if (fragment !== "") errors.push(invalid(field, fragment, "fragments are not permitted in the URL"));
  if (query !== "") errors.push(invalid(field, query, "query parameters are not permitted in the URL"));
  return errors;
}
