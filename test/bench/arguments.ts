import { join } from "node:path";
import { parseArgs } from "node:util";

const ROOT = join(import.meta.dirname, "../..");

export const USAGE = `Usage: npm run bench -- [options] [WORKLOAD ...]

Measures the workloads that are named, all without arguments; a word that is no name stands for all whose names begin so.
Prints what each measured and at the end a table of all goals. A full run adds a line a workload to the history and draws
its plot.

  --list                 the workloads and how long each takes, and end
  --plot                 draw the plot from the history, and end
  --scale FRACTION       smaller counts and times, to see that workloads work: not written to the history (default 1)
  --dry-run              leave history and plot alone
  --history FILE         the history (default test/bench/history.jsonl)
  --plot-file FILE       where the plot is drawn (default .cache/bench/history.svg, which git ignores)
  --program FILE         measure this built program, not a new build of this source: to compare two states of it
  --directory DIR        where workloads that need a disk put their files (default: the system's temporary directory)
  --peer-kubeconfig FILE measure another Kubernetes API server as well, and print ratios to it. Signs in by client
                         certificate or token; uses a namespace of its own a workload, and deletes that afterwards
  --peer URL             address of that server (default: what its kubeconfig says)
  -h, --help             this help

Examples:
  npm run bench -- api-list simulated             one of that name, and all whose names begin so
  npm run bench -- --scale 0.01 --dry-run         does everything work?
  npm run bench -- api --peer-kubeconfig k3s.yaml --peer https://127.0.0.1:6443

Exit codes: 0 all goals are met, 1 a goal is missed or a workload failed, 2 wrong command line.
`;

export interface BenchArguments {
  readonly action: "run" | "list" | "plot" | "help";
  readonly words: readonly string[];
  readonly scale: number;
  readonly record: boolean;
  readonly history: string;
  readonly plotFile: string;
  readonly program?: string | undefined;
  readonly directory?: string | undefined;
  readonly peer?: { readonly kubeconfig: string; readonly url?: string | undefined } | undefined;
}

export class UsageError extends Error {
  override name = "UsageError";
}

/** @throws UsageError that says which word is wrong */
export function readArguments(words: readonly string[]): BenchArguments {
  const { values, positionals } = parsed(words);
  const scale = Number(values.scale ?? 1);
  if (!(scale > 0 && scale <= 1)) throw new UsageError(`--scale ${values.scale}: give a number above 0 and up to 1`);
  const kubeconfig = values["peer-kubeconfig"];
  if (values.peer !== undefined && kubeconfig === undefined)
    throw new UsageError("--peer needs --peer-kubeconfig: who is to ask there");
  const action = values.help ? "help" : values.list ? "list" : values.plot ? "plot" : "run";
  return {
    action,
    words: positionals,
    scale,
    record: scale === 1 && values["dry-run"] !== true,
    history: values.history ?? join(import.meta.dirname, "history.jsonl"),
    plotFile: values["plot-file"] ?? join(ROOT, ".cache/bench/history.svg"),
    program: values.program,
    directory: values.directory,
    peer: kubeconfig === undefined ? undefined : { kubeconfig, url: values.peer },
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        list: { type: "boolean" },
        plot: { type: "boolean" },
        scale: { type: "string" },
        "dry-run": { type: "boolean" },
        history: { type: "string" },
        "plot-file": { type: "string" },
        program: { type: "string" },
        directory: { type: "string" },
        peer: { type: "string" },
        "peer-kubeconfig": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
