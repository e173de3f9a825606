import { setFlagsFromString } from "node:v8";

/**
 * Whether V8 keeps the object as a record, not as a hash table of its own: that takes a kilobyte more and, as measured, stays until
 * a full collection.
 */
export function isCompact(object: object): boolean {
  setFlagsFromString("--allow-natives-syntax");
  try {
    return new Function("object", "return %HasFastProperties(object)")(object) as boolean;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}
