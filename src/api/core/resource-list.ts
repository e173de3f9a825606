import { formatQuantity, roundUpToMilli, tryParseQuantity } from "../quantity.ts";

/** Amounts by resource name, e.g. `{cpu: "500m", memory: "1Gi"}`. */
export type ResourceList = Record<string, string>;

/** Upstream's SetDefaults_ResourceList: canonical amounts, rounded up to thousandths. What cannot be parsed stays for validation. */
export function setResourceListDefaults(resources: ResourceList | undefined): void {
  if (resources === undefined) return;
  for (const name of Object.keys(resources)) {
    const quantity = tryParseQuantity(resources[name]);
    if (quantity !== undefined) resources[name] = formatQuantity(roundUpToMilli(quantity));
  }
}

/** The same for requests and limits. */
export function setResourceRequirementsDefaults(
  resources: { requests?: ResourceList; limits?: ResourceList } | undefined,
): void {
  setResourceListDefaults(resources?.requests);
  setResourceListDefaults(resources?.limits);
}
