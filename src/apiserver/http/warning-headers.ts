/** As upstream (endpoints/filters/warning.go): all texts together, and each of them once they are too long together. */
const TOTAL_MAX = 4096;
const ITEM_MAX = 256;

/**
 * Values of `Warning` headers, each text once; when they are too many they are cut, and the last ones left out. Texts with
 * control characters are not told at all.
 */
export function warningHeaders(warnings: readonly string[]): string[] {
  if (warnings.length === 0) return [];
  const texts = [...new Set(warnings)].filter((text) => !CONTROL.test(text));
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  if (total <= TOTAL_MAX) return texts.map(header);
  const cut: string[] = [];
  let length = 0;
  for (const text of texts) {
    const shown = text.slice(0, ITEM_MAX);
    length += shown.length;
    if (length > TOTAL_MAX) break;
    cut.push(header(shown));
  }
  return cut;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** In UTF-8, each byte as the character by which Node writes it. */
function header(text: string): string {
  return Buffer.from(`299 - "${text.replace(/["\\]/g, "\\$&")}"`).toString("latin1");
}
