import { unpackClients } from "../../scripts/clients.ts";
import { type Result, type RunOptions, run, type Started, start } from "./run.ts";

/** The real kubectl on one cluster. */
export interface Kubectl {
  /** Runs it to its end, whatever the exit code. */
  (...words: readonly string[]): Promise<Result>;
  /** Runs it and answers its standard output. @throws Error with everything it said when it fails */
  ok(...words: readonly string[]): Promise<string>;
  /** The same with input, further environment variables or another time limit. */
  with(options: RunOptions, ...words: readonly string[]): Promise<Result>;
  /** One object or list, parsed. */
  get<T>(...words: readonly string[]): Promise<T>;
  /** `kubectl apply -f -` of objects. @throws Error when it fails */
  apply(...objects: readonly object[]): Promise<string>;
  /** Goes on in the background. */
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): Started;
  /** For programs that run kubectl themselves: its path and the variables that it needs. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Older clients' way to stream: SPDY instead of WebSockets. */
export const spdyEnvironment = {
  KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false",
  KUBECTL_PORT_FORWARD_WEBSOCKETS: "false",
};

/** @param home directory for kubectl's caches, the test's own */
export function createKubectl(kubeconfig: string, home: string): Kubectl {
  const program = unpackClients().kubectl;
  const environment = { KUBECONFIG: kubeconfig, HOME: home };
  const runWith = (options: RunOptions, ...words: readonly string[]): Promise<Result> =>
    run(program, words, { ...options, environment: { ...environment, ...options.environment } });
  const expectOk = async (options: RunOptions, words: readonly string[]): Promise<string> => {
    const result = await runWith(options, ...words);
    if (result.code === 0) return result.stdout;
    throw new Error(`kubectl ${words.join(" ")}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
  };
  return Object.assign((...words: readonly string[]) => runWith({}, ...words), {
    program,
    environment,
    with: runWith,
    ok: (...words: readonly string[]) => expectOk({ timeoutMs: 60_000 }, words),
    get: async <T>(...words: readonly string[]) => JSON.parse(await expectOk({}, ["get", ...words, "-o", "json"])) as T,
    apply: (...objects: readonly object[]) =>
      expectOk({ input: objects.map((each) => JSON.stringify(each)).join("\n---\n") }, ["apply", "-f", "-"]),
    start: (words: readonly string[], more?: Readonly<Record<string, string>>) =>
      start(program, words, { environment: { ...environment, ...more } }),
  });
}
