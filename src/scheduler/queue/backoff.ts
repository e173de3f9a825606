/** How long a pod that failed `attempts` times is left alone: 1 s, doubled each time, at most 10 s. */
export function backoffMs(attempts: number): number {
  if (attempts <= 0) return 0;
  return Math.min(INITIAL_MS * 2 ** Math.min(attempts - 1, 30), MAX_MS);
}

const INITIAL_MS = 1_000;
const MAX_MS = 10_000;
