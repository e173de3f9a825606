import { type FieldTerm, parseFieldSelector } from "../../api/field-selectors.ts";
import { pathSegmentErrors } from "../../api/names.ts";

/**
 * The one object that a list, watch or deletecollection is about when its field selector demands `metadata.name=…`: rights
 * for single objects then suffice (upstream's RequestInfo). Empty when there is no such name.
 */
export function selectedName(fieldSelector: string): string {
  if (!fieldSelector.includes("metadata.name")) return "";
  const term = termsOf(fieldSelector).find(({ field, operator }) => field === "metadata.name" && operator === "=");
  return term !== undefined && pathSegmentErrors(term.value).length === 0 ? term.value : "";
}

/** A selector that cannot be read narrows nothing; the handler says what is wrong with it. */
function termsOf(fieldSelector: string): FieldTerm[] {
  try {
    return parseFieldSelector(fieldSelector);
  } catch {
    return [];
  }
}
