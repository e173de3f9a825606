import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from "../../api/quantity.ts";

/** Amounts by resource name, as text. */
export type Amounts = Readonly<Record<string, string>>;

/** One item of a LimitRange, as far as constraints go. */
export interface LimitItem {
  readonly type: string;
  readonly min?: Amounts;
  readonly max?: Amounts;
  readonly maxLimitRequestRatio?: Amounts;
}

/** What somebody asks for. */
export interface Usage {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** What is wrong with the usage, in upstream's words, resource by resource. */
export function constraintProblems(item: LimitItem, usage: Usage): string[] {
  const each = (amounts: Amounts | undefined, check: (of: Check) => string | undefined): string[] =>
    Object.keys(amounts ?? {})
      .sort()
      .flatMap((name) => {
        const enforced = parseQuantity(amounts![name]!);
        return check({ type: item.type, name, enforced, ...amountsOf(usage, name) }) ?? [];
      });
  return [...each(item.min, below), ...each(item.max, above), ...each(item.maxLimitRequestRatio, ratio)];
}

/** The same for a kind that has requests only (PersistentVolumeClaim). */
export function requestProblems(item: LimitItem, requests: Amounts): string[] {
  const usage = { requests, limits: {} };
  const max = Object.keys(item.max ?? {}).flatMap((name) => {
    const enforced = parseQuantity(item.max![name]!);
    const { request } = amountsOf(usage, name);
    const rule = `maximum ${name} usage per ${item.type} is ${formatQuantity(enforced)}`;
    if (request === undefined) return [`${rule}.  No request is specified`];
    return compareQuantities(request, enforced) > 0 ? [`${rule}, but request is ${formatQuantity(request)}`] : [];
  });
  return [
    ...constraintProblems({ type: item.type, ...(item.min === undefined ? {} : { min: item.min }) }, usage),
    ...max,
  ];
}

interface Check {
  readonly type: string;
  readonly name: string;
  readonly enforced: Quantity;
  readonly request: Quantity | undefined;
  readonly limit: Quantity | undefined;
}

function amountsOf({ requests, limits }: Usage, name: string): Pick<Check, "request" | "limit"> {
  const amount = (of: Amounts): Quantity | undefined => (of[name] === undefined ? undefined : parseQuantity(of[name]));
  return { request: amount(requests), limit: amount(limits) };
}

function below({ type, name, enforced, request, limit }: Check): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${formatQuantity(enforced)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, enforced) < 0) return `${rule}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && compareQuantities(limit, enforced) < 0) {
    return `${rule}, but limit is ${formatQuantity(limit)}`;
  }
  return undefined;
}

function above({ type, name, enforced, request, limit }: Check): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(enforced)}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, enforced) > 0) return `${rule}, but limit is ${formatQuantity(limit)}`;
  if (request !== undefined && compareQuantities(request, enforced) > 0) {
    return `${rule}, but request is ${formatQuantity(request)}`;
  }
  return undefined;
}

function ratio({ type, name, enforced, request, limit }: Check): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${formatQuantity(enforced)}`;
  if (request === undefined || request.nanos === 0n) return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || limit.nanos === 0n) return `${rule}, but no limit is specified or limit is 0`;
  if (limit.nanos * 1_000_000_000n <= enforced.nanos * request.nanos) return undefined;
  return `${rule}, but provided ratio is ${(Number(limit.nanos) / Number(request.nanos)).toFixed(6)}`;
}
