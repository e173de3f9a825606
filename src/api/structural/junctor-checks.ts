import { type FieldError, invalid } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { type Check, merge, type Node, newRun, type Run } from "./validation-run.ts";
import { all } from "./value-checks.ts";

/** anyOf, oneOf, allOf and not. Their errors name no field: the path stands in the text. */
export function junctorChecks(source: JSONSchemaProps, compile: (inner: JSONSchemaProps) => Check): Check | undefined {
  const compiled = (list: readonly JSONSchemaProps[] | undefined): Check[] => (list ?? []).map(compile);
  return all([
    anyOfCheck(compiled(source.anyOf)),
    oneOfCheck(compiled(source.oneOf)),
    allOfCheck(compiled(source.allOf)),
    source.not === undefined ? undefined : notCheck(compile(source.not)),
  ]);
}

function anyOfCheck(alternatives: readonly Check[]): Check | undefined {
  if (alternatives.length === 0) return undefined;
  return (node, run) => {
    let best: Run | undefined;
    for (const alternative of alternatives) {
      const result = runAlone(alternative, node);
      if (result.errors.length === 0) {
        merge(run, result);
        return;
      }
      best = furthest(best, result);
    }
    run.errors.push(unnamed(node, "must validate at least one schema (anyOf)"));
    if (best !== undefined) merge(run, best);
  };
}

function oneOfCheck(alternatives: readonly Check[]): Check | undefined {
  if (alternatives.length === 0) return undefined;
  return (node, run) => {
    let best: Run | undefined;
    const valid: Run[] = [];
    for (const alternative of alternatives) {
      const result = runAlone(alternative, node);
      if (result.errors.length === 0) valid.push(result);
      else best = furthest(best, result);
    }
    if (valid.length === 1) {
      merge(run, valid[0]!);
      return;
    }
    const found = valid.length === 0 ? "Found none valid" : `Found ${valid.length} valid alternatives`;
    run.errors.push(unnamed(node, `must validate one and only one schema (oneOf). ${found}`));
    if (valid.length === 0 && best !== undefined) merge(run, best);
  };
}

function allOfCheck(parts: readonly Check[]): Check | undefined {
  if (parts.length === 0) return undefined;
  return (node, run) => {
    let valid = 0;
    for (const part of parts) {
      const result = runAlone(part, node);
      if (result.errors.length === 0) valid++;
      merge(run, result);
    }
    if (valid < parts.length) {
      run.errors.push(unnamed(node, `must validate all the schemas (allOf)${valid === 0 ? ". None validated" : ""}`));
    }
  };
}

function notCheck(forbidden: Check): Check {
  return (node, run) => {
    if (runAlone(forbidden, node).errors.length === 0)
      run.errors.push(unnamed(node, "must not validate the schema (not)"));
  };
}

function runAlone(check: Check, node: Node): Run {
  const run = newRun();
  check(node, run);
  return run;
}

const furthest = (best: Run | undefined, result: Run): Run =>
  best === undefined || result.matches > best.matches ? result : best;

const unnamed = (node: Node, text: string): FieldError => invalid("<nil>", "", `${JSON.stringify(node.path)} ${text}`);
