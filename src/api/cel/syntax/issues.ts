/** Collects what is wrong with one expression, and prints it as upstream's compiler does. */
export interface Issues {
  readonly source: string;
  report(offset: number, message: string): void;
  readonly isEmpty: boolean;
  /** Every issue with its line and a marker under the place. */
  toString(): string;
}

const mostIssues = 100;

export function createIssues(source: string): Issues {
  const found: { offset: number; message: string }[] = [];
  return {
    source,
    report(offset, message) {
      if (found.length >= mostIssues) return;
      if (found.some((other) => other.offset === offset && other.message === message)) return;
      found.push({ offset, message });
    },
    get isEmpty() {
      return found.length === 0;
    },
    toString: () =>
      found
        .toSorted((a, b) => a.offset - b.offset)
        .map(({ offset, message }) => formatIssue(source, offset, message))
        .join("\n"),
  };
}

function formatIssue(source: string, offset: number, message: string): string {
  const before = source.slice(0, Math.max(0, offset));
  const line = before.split("\n").length;
  const start = before.lastIndexOf("\n") + 1;
  const column = [...before.slice(start)].length;
  const end = source.indexOf("\n", start);
  const text = source.slice(start, end < 0 ? source.length : end).replaceAll("\t", " ");
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${".".repeat(column)}^`;
}
