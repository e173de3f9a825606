import { BadCredentialsError } from "./authenticator.ts";

/**
 * Asks one way after the other who somebody is. One that knows is enough; credentials that one way finds bad may be good for
 * the next. As long as nobody has to wait the answer is there at once.
 * @throws BadCredentialsError when nobody knows and some said why
 */
export function firstKnown<W, T>(
  ways: readonly W[],
  ask: (way: W) => T | undefined | Promise<T | undefined>,
  separator: string,
): T | undefined | Promise<T | undefined> {
  let problems: BadCredentialsError[] | undefined;
  for (let index = 0; index < ways.length; index++) {
    try {
      const asked = ask(ways[index]!);
      if (asked instanceof Promise) {
        return firstLater(asked, { ways: ways.slice(index + 1), ask, problems: problems ?? [], separator });
      }
      if (asked !== undefined) return asked;
    } catch (error) {
      (problems ??= []).push(problemOf(error));
    }
  }
  return problems === undefined ? undefined : nobody(problems, separator);
}

async function firstLater<W, T>(
  asked: Promise<T | undefined>,
  rest: {
    ways: readonly W[];
    ask: (way: W) => T | undefined | Promise<T | undefined>;
    problems: BadCredentialsError[];
    separator: string;
  },
): Promise<T | undefined> {
  const { ways, ask, problems, separator } = rest;
  const asking = [() => asked, ...ways.map((way) => () => ask(way))];
  for (const each of asking) {
    try {
      const known = await each();
      if (known !== undefined) return known;
    } catch (error) {
      problems.push(problemOf(error));
    }
  }
  return nobody(problems, separator);
}

function nobody(problems: readonly BadCredentialsError[], separator: string): undefined {
  if (problems.length > 0) {
    const message = problems.map((problem) => problem.message).join(separator);
    const annotations = Object.assign({}, ...problems.map((problem) => problem.annotations));
    throw new BadCredentialsError(message, { annotations });
  }
  return undefined;
}

function problemOf(error: unknown): BadCredentialsError {
  if (!(error instanceof BadCredentialsError)) throw error;
  return error;
}
