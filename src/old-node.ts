/** Of package.json's `engines`. */
const OLDEST = 24;

/** What to tell a user whose Node.js is too old for this program; undefined when it is not. */
export function tooOldNode(version: string): string | undefined {
  const major = Number.parseInt(version.replace(/^v/, ""), 10);
  return major >= OLDEST
    ? undefined
    : `wherry needs Node.js ${OLDEST} or newer, and this is ${version}: install a newer one from your distribution or https://nodejs.org`;
}
