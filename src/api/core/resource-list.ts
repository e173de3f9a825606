import { formatQuantity, roundUpToMilli, tryParseQuantity } from "../quantity.ts";

/** Amounts by resource name, e.g. `{cpu: "500m", memory: "1Gi"}`. */
export type ResourceList = Record<string, string>;

/** Upstream's SetDefaults_ResourceList: canonical amounts, rounded up to thousandths. What cannot be parsed stays for validation. */
export function setResourceListDefaults(resources: ResourceList | undefined): void {
  if (resources === undefined) return;
  for (const name in resources) {
    const amount = resources[name]!;
    const canonical = canonicalAmount(amount);
    if (canonical !== amount) resources[name] = canonical;
  }
}

const canonicalAmounts = new Map<string, string>();
const AMOUNTS_REMEMBERED = 1024;

/** The same few amounts come again and again, and most are canonical. */
function canonicalAmount(text: string): string {
  let canonical = canonicalAmounts.get(text);
  if (canonical === undefined) {
    const quantity = tryParseQuantity(text);
    canonical = quantity === undefined ? text : formatQuantity(roundUpToMilli(quantity));
    if (canonicalAmounts.size >= AMOUNTS_REMEMBERED) canonicalAmounts.clear();
    canonicalAmounts.set(text, canonical);
  }
  return canonical;
}

/** The same for requests and limits. */
export function setResourceRequirementsDefaults(
  resources: { requests?: ResourceList; limits?: ResourceList } | undefined,
): void {
  setResourceListDefaults(resources?.requests);
  setResourceListDefaults(resources?.limits);
}
