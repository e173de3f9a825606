export const MAX_NODE_SCORE = 100;

/** Scales scores, in place, so that the highest becomes 100; `reverse` turns them round, so that the lowest is best. */
export function scaleToHighest(scores: number[], options: { reverse: boolean }): void {
  let highest = 0;
  for (const score of scores) if (score > highest) highest = score;
  for (let index = 0; index < scores.length; index++) {
    const scaled = highest === 0 ? 0 : Math.floor((scores[index]! * MAX_NODE_SCORE) / highest);
    scores[index] = options.reverse ? MAX_NODE_SCORE - scaled : scaled;
  }
}
