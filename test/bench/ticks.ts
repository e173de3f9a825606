const STEPS = [1, 2, 2.5, 5, 10];

/** Marks of an axis from 0 to at least `highest`, about `count` steps of a length that a person reads easily. */
export function niceTicks(highest: number, count: number): number[] {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / count;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * magnitude >= rough * 0.999_999) ?? 10) * magnitude;
  const steps = Math.ceil(highest / step - 1e-6);
  // Made by division, since 3 * 0.1 is not 0.3.
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
