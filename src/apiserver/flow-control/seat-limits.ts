/** What a level asks of the server's seats: its configuration, and its demand of late. */
export interface SeatClaim {
  readonly lowerBound: number;
  readonly upperBound: number;
  readonly target: number;
}

export interface LevelShares {
  readonly shares: number;
  readonly lendablePercent: number;
  /** Without a bound when absent. */
  readonly borrowingLimitPercent?: number | undefined;
}

export interface LevelLimits {
  readonly nominal: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** The server's seats divided by shares, with what each level may lend and borrow. */
export function limitsOf(level: LevelShares, shareSum: number, serverSeats: number): LevelLimits {
  const nominal = shareSum === 0 ? 0 : Math.ceil((serverSeats * level.shares) / shareSum);
  const lendable = Math.round((nominal * level.lendablePercent) / 100);
  const percent = level.borrowingLimitPercent;
  const maximum = percent === undefined ? serverSeats : nominal + Math.round((nominal * percent) / 100);
  return { nominal, minimum: nominal - lendable, maximum: Math.max(maximum, nominal) };
}

/**
 * Divides seats by max-min fairness: each gets the same proportion of its target, within its bounds, so that the sum is
 * what there is (k8s.io/apiserver util/flowcontrol computeConcurrencyAllocation). The proportion is found by halving.
 */
export function allocateSeats(seats: number, claims: readonly SeatClaim[]): { seats: number[]; proportion: number } {
  const at = (proportion: number): number[] =>
    claims.map(({ lowerBound, upperBound, target }) => Math.min(upperBound, Math.max(lowerBound, proportion * target)));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  let low = 0;
  let high = 1;
  if (sum(at(low)) >= seats) return { seats: at(low), proportion: 0 };
  while (sum(at(high)) < seats && high < 1e9) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) < seats) low = middle;
    else high = middle;
  }
  return { seats: at(high).map((seat) => Math.max(Math.round(seat), seat > 0 ? 1 : 0)), proportion: high };
}
