/** What one workload measured, by name. Names end with their unit. */
export type Measurements = Readonly<Record<string, number>>;

/** A bound that a measurement must keep. Ratios to a bare loop of the same run hold on any machine; rates do not. */
export type Goal =
  | { readonly metric: string; readonly atLeast: number }
  | { readonly metric: string; readonly atMost: number };

export interface Workload {
  readonly name: string;
  /** One sentence: what is done, how often, and what it is compared with. */
  readonly description: string;
  readonly goals: readonly Goal[];
  /** @param directory an empty directory on the disk to measure; removed afterwards */
  measure(directory: string): Promise<Measurements>;
}

/** The goals that measurements miss. A goal without its measurement is missed, too. */
export function missedGoals(workload: Workload, measurements: Measurements): Goal[] {
  return workload.goals.filter((goal) => {
    const value = measurements[goal.metric];
    if (value === undefined) return true;
    return "atLeast" in goal ? value < goal.atLeast : value > goal.atMost;
  });
}
