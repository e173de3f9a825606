/** In clusters of that many nodes kubelets keep what they have read of Secrets and ConfigMaps for so long. */
interface Step {
  readonly least: number;
  readonly most: number;
  readonly seconds: number;
}

/** Upstream's; they overlap, so that a cluster of changing size does not go to and fro. */
const STEPS: readonly Step[] = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Number.POSITIVE_INFINITY, seconds: 300 },
];

/** The step for so many nodes, coming from another one. Pure. */
export function nextStep(step: number, nodes: number): number {
  let next = step;
  while (nodes > STEPS[next]!.most) next++;
  while (nodes < STEPS[next]!.least) next--;
  return next;
}

export function secondsOf(step: number): number {
  return STEPS[step]!.seconds;
}
