import type { FamilyData, Series } from "./metrics-family.ts";
import { familyPieces } from "./metrics-text.ts";

/** A number that only grows. */
export interface Counter {
  inc(by?: number): void;
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number): void;
  inc(): void;
  dec(): void;
}

/** How often values of which size were seen. */
export interface Histogram {
  observe(value: number): void;
}

/** All series of one name. Who counts often keeps the series that `labels` gives: that makes a count one addition. */
export interface Family<T> {
  /** The series with these label values, in the order of the label names. Made at first use. */
  labels(...values: string[]): T;
  /** Forgets every series: for gauges that are set anew each time somebody asks. */
  clear(): void;
}

/** Label values come from outside too (a resource that somebody asked for): a family never grows beyond this. */
const SERIES_MAX = 10_000;

/** What who runs the process wants told, and what not. */
export interface MetricsRestrictions {
  /** Names of families that are not told. */
  readonly disabled: ReadonlySet<string>;
  /** By metric and label the values that are told; any other becomes one: series are dear to who keeps them. */
  readonly allowed: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
}

const UNEXPECTED = "unexpected";

/**
 * The metrics of one process (docs/decisions/0023): plain numbers until somebody asks for the text. There is no global
 * registry: who makes a component gives it one.
 */
export class Metrics {
  readonly #families = new Map<string, FamilyData>();
  readonly #collectors = new Set<() => void>();
  #restrictions: MetricsRestrictions | undefined;

  counter(name: string, help: string, labelNames: readonly string[] = []): Family<Counter> {
    return this.#family({ name, help, type: "counter", labelNames, buckets: [] }, counterOf);
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Family<Gauge> {
    return this.#family({ name, help, type: "gauge", labelNames, buckets: [] }, gaugeOf);
  }

  /** @param options.buckets upper bounds in ascending order, without +Inf */
  histogram(
    name: string,
    help: string,
    options: { labelNames?: readonly string[]; buckets: readonly number[] },
  ): Family<Histogram> {
    const { labelNames = [], buckets } = options;
    return this.#family({ name, help, type: "histogram", labelNames, buckets }, (series) =>
      histogramOf(series, buckets),
    );
  }

  /** Holds for what is counted from now on, and for what is told. */
  restrict(restrictions: MetricsRestrictions): void {
    this.#restrictions = restrictions;
  }

  /** Runs before each reading: for what is cheaper to look up than to keep. Returns how to take it back. */
  onCollect(collector: () => void): () => void {
    this.#collectors.add(collector);
    return () => void this.#collectors.delete(collector);
  }

  /** Everything in Prometheus' text format 0.0.4; with a filter only families whose name passes. */
  text(wanted: (name: string) => boolean = () => true): string {
    return [...this.pieces(wanted)].join("");
  }

  /** The same piece by piece, each made in a few milliseconds: for who lets others have their turn between two. */
  *pieces(wanted: (name: string) => boolean = () => true): Generator<string, void, undefined> {
    for (const collect of this.#collectors) collect();
    const isTold = (name: string): boolean => wanted(name) && this.#restrictions?.disabled.has(name) !== true;
    const names = [...this.#families.keys()].filter(isTold).toSorted();
    for (const name of names) yield* familyPieces(this.#families.get(name)!);
  }

  #family<T>(data: Omit<FamilyData, "series">, made: (series: Series) => T): Family<T> {
    const known = this.#families.get(data.name);
    const series = (known?.series as Map<string, Series> | undefined) ?? new Map<string, Series>();
    if (known === undefined) this.#families.set(data.name, { ...data, series });
    const children = new Map<string, T>();
    const allowedValues = (of: Pick<FamilyData, "name" | "labelNames">, values: string[]): string[] => {
      const allowed = this.#restrictions?.allowed.get(of.name);
      if (allowed === undefined) return values;
      return values.map((value, index) =>
        allowed.get(of.labelNames[index]!)?.has(value) === false ? UNEXPECTED : value,
      );
    };
    return {
      labels(...values) {
        const said = values.join("\u0000");
        const child = children.get(said);
        if (child !== undefined) return child;
        const shown = allowedValues(data, values);
        const key = shown === values ? said : shown.join("\u0000");
        const isFull = series.size >= SERIES_MAX || children.size >= SERIES_MAX;
        const one = series.get(key) ?? newSeries(shown, data.buckets, data.type === "histogram");
        const handle = made(one);
        if (isFull) return handle;
        series.set(key, one);
        children.set(said, handle);
        return handle;
      },
      clear() {
        series.clear();
        children.clear();
      },
    };
  }
}

function newSeries(values: readonly string[], buckets: readonly number[], isHistogram: boolean): Series {
  return isHistogram ? { values, value: 0, counts: new Float64Array(buckets.length + 1) } : { values, value: 0 };
}

function counterOf(series: Series): Counter {
  return {
    inc(by = 1) {
      series.value += by;
    },
  };
}

function gaugeOf(series: Series): Gauge {
  return {
    set(value) {
      series.value = value;
    },
    inc() {
      series.value++;
    },
    dec() {
      series.value--;
    },
  };
}

function histogramOf(series: Series, buckets: readonly number[]): Histogram {
  const counts = series.counts!;
  return {
    observe(value) {
      let bucket = 0;
      while (bucket < buckets.length && value > buckets[bucket]!) bucket++;
      counts[bucket]!++;
      series.value += value;
    },
  };
}
