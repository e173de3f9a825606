const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STABILITY = ["alpha", "beta", undefined];

/**
 * Orders versions as Kubernetes prefers them: stable ones first, then beta, then alpha, greater numbers first; what is not
 * named so comes last, in the order of the alphabet.
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [VERSION.exec(left), VERSION.exec(right)];
  if (a === null || b === null) {
    if (a === null && b === null) return left < right ? -1 : left > right ? 1 : 0;
    return a === null ? 1 : -1;
  }
  const stability = STABILITY.indexOf(b[2]) - STABILITY.indexOf(a[2]);
  if (stability !== 0) return stability;
  return Number(b[1]) - Number(a[1]) || Number(b[3] ?? 0) - Number(a[3] ?? 0);
}
