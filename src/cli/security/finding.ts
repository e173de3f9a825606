/** One check of the CIS Kubernetes Benchmark, and what was seen. */
export interface SecurityFinding {
  /** As the benchmark numbers it: `1.2.1`. */
  readonly id: string;
  readonly title: string;
  /** WARN: nobody but a person can decide it. SKIP: there is nothing here that it is about. */
  readonly result: "PASS" | "FAIL" | "WARN" | "SKIP";
  /** What was seen. */
  readonly seen: string;
  /** What to do; empty for PASS and SKIP. */
  readonly remedy: string;
}
