/**
 * JavaScript compares strings by UTF-16 code units, the store's contract by UTF-8 bytes. Both agree below U+D800; above it,
 * swapping the surrogates with the rest of the plane makes them agree. The mapping goes unit by unit, so a prefix of a key
 * maps to a prefix.
 */
export function sortKeyOf(key: string): string {
  return /[\ud800-\uffff]/.test(key) ? key.replace(/[\ud800-\uffff]/g, swapPlanes) : key;
}

function swapPlanes(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code >= 0xe000 ? code - 0x800 : code + 0x2000);
}

/** The first sort key behind all that start with `sortPrefix`; undefined when there is none. */
export function endOfPrefix(sortPrefix: string): string | undefined {
  for (let length = sortPrefix.length; length > 0; length--) {
    const last = sortPrefix.charCodeAt(length - 1);
    if (last < 0xffff) return sortPrefix.slice(0, length - 1) + String.fromCharCode(last + 1);
  }
  return undefined;
}

/** @throws RangeError for a key that could not be kept as it is */
export function checkKey(key: string): void {
  if (key === "" || key.includes("\0") || !key.isWellFormed()) {
    throw new RangeError(
      `store key ${JSON.stringify(key)} is not usable: it must be non-empty Unicode text without U+0000`,
    );
  }
}
