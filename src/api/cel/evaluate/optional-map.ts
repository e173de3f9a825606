import type { OptionalMap } from "../syntax/ast.ts";
import type { Compiler } from "./compiler.ts";
import { noSuchOverload } from "./failure.ts";
import type { Step } from "./frame.ts";
import { charge } from "./frame.ts";
import { Optional } from "./values.ts";

export function compileOptionalMap(compiler: Compiler, expression: OptionalMap): Step {
  const target = compiler.compile(expression.target);
  return compiler.withLocals([expression.variable], ([slot]) => {
    const body = compiler.compile(expression.body);
    return (frame) => {
      const before = frame.cost;
      const optional = target(frame);
      if (!(optional instanceof Optional)) throw noSuchOverload();
      const cost = frame.cost - before;
      // `target.hasValue() ? optional.of(cel.bind(v, target.value(), body)) : optional.none()`: the target is there twice.
      charge(frame, 1);
      if (optional.value === undefined) {
        charge(frame, 1);
        return optional;
      }
      frame.slots[slot as number] = optional.value;
      charge(frame, cost + 1);
      const result = body(frame);
      if (!expression.flat) {
        charge(frame, 1);
        return new Optional(result);
      }
      if (!(result instanceof Optional)) throw noSuchOverload();
      return result;
    };
  });
}
