import type { Target } from "./load/job.ts";

/** What one workload measured, by name. Names end with their unit. */
export type Measurements = Readonly<Record<string, number>>;

/** A bound that a measurement must keep. Ratios to a bare loop of the same run hold on any machine; rates do not. */
export type Goal =
  | { readonly metric: string; readonly atLeast: number }
  | { readonly metric: string; readonly atMost: number };

/** What a run gives a workload: plain data, because it goes to a process of its own. */
export interface BenchRun {
  /** An empty directory on the disk to measure; removed afterwards. */
  readonly directory: string;
  /** The built program. */
  readonly program: string;
  /** 1 measures; less makes counts and durations smaller, to see that a workload works. */
  readonly scale: number;
}

/** Another Kubernetes API server, and the namespace there that everything of this workload is in. */
export interface PeerRun {
  readonly target: Target;
  readonly namespace: string;
}

export interface Workload {
  readonly name: string;
  /** One sentence: what is done, how often, and what it is compared with. */
  readonly description: string;
  /** How long it takes on two quiet cores, about. */
  readonly seconds: number;
  readonly goals: readonly Goal[];
  measure(run: BenchRun): Promise<Measurements>;
  /** The same on a peer, when the workload asks for nothing but the API. */
  readonly measurePeer?: (run: BenchRun, peer: PeerRun) => Promise<Measurements>;
}

/** The goals that measurements miss. A goal without its measurement is missed, too. */
export function missedGoals(workload: Pick<Workload, "goals">, measurements: Measurements): Goal[] {
  return workload.goals.filter((goal) => {
    const value = measurements[goal.metric];
    if (value === undefined) return true;
    return "atLeast" in goal ? value < goal.atLeast : value > goal.atMost;
  });
}

/** So many of `count` as the scale says, and never fewer than `least`. */
export function scaled(count: number, run: BenchRun, least = 1): number {
  return Math.max(least, Math.round(count * run.scale));
}
