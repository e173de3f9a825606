/** A series as it is kept; the renderer reads it. */
export interface Series {
  readonly values: readonly string[];
  value: number;
  /** Of histograms: how many observations each bucket has, those of smaller buckets not included. */
  readonly counts?: Float64Array;
}

export interface FamilyData {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labelNames: readonly string[];
  readonly buckets: readonly number[];
  readonly series: ReadonlyMap<string, Series>;
}
