import { type FieldError, invalid, required, tooMany } from "../../../api/field-error.ts";

const MOST_LINES = 100_000;
const MOST_SERVICES = 4;
const LONGEST_SERVICE = 256;
const SAFE_SERVICE = /^[a-zA-Z\-_0-9@]*$/;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** What a request to /logs/ asks of the node's services (upstream's node log query). */
export interface NodeLogQuery {
  readonly services: readonly string[];
  /** What has a slash in it is a file below the directory of logs. */
  readonly files: readonly string[];
  readonly options: NodeLogOptions;
}

/** Of the services' logs. Times are milliseconds since the epoch. */
export interface NodeLogOptions {
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly tailLines?: number;
  /** 0 is the present one, -1 the one before. */
  readonly boot?: number;
  readonly pattern?: string;
}

/** Reads a query. Undefined when nothing is asked: the files themselves are wanted. Pure. */
export function nodeLogQuery(parameters: URLSearchParams): {
  query: NodeLogQuery | undefined;
  errors: readonly FieldError[];
} {
  const errors: FieldError[] = [];
  const queries = parameters.getAll("query");
  const files = queries.filter((each) => /[/\\]/.test(each));
  const services = queries.filter((each) => !/[/\\]/.test(each) && each.trim() !== "");
  if (queries.length > 0 && files.length + services.length === 0) {
    errors.push(invalid("query", queries, "query cannot be empty"));
  }
  const options = {
    sinceMs: time(parameters, "sinceTime", errors),
    untilMs: time(parameters, "untilTime", errors),
    boot: integer(parameters, "boot", errors),
    tailLines: integer(parameters, "tailLines", errors),
    pattern: parameters.get("pattern") || undefined,
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const isNothing = files.length + services.length + given.length === 0;
  return { query: isNothing ? undefined : { services, files, options: Object.fromEntries(given) }, errors };
}

function time(parameters: URLSearchParams, name: string, errors: FieldError[]): number | undefined {
  const value = parameters.get(name);
  if (!value) return undefined;
  const read = RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(read)) return read;
  errors.push(invalid(name, value, "invalid time format"));
  return undefined;
}

function integer(parameters: URLSearchParams, name: string, errors: FieldError[]): number | undefined {
  const value = parameters.get(name);
  if (!value) return undefined;
  if (/^[+-]?\d{1,15}$/.test(value)) return Number(value);
  errors.push(invalid(name, value, `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`));
  return undefined;
}

/** What cannot be asked for, but for files that are not there. Pure. */
export function queryErrors(
  { services, files, options }: NodeLogQuery,
  patternError: (pattern: string) => string | undefined,
): FieldError[] {
  const errors = services.flatMap(serviceErrors);
  const { sinceMs, untilMs, boot = 0, tailLines = 0, pattern = "" } = options;
  const say = (value: unknown, detail: string, field = "query") => errors.push(invalid(field, value, detail));
  if (services.length > MOST_SERVICES) errors.push(tooMany("query", services.length, MOST_SERVICES));
  if (files.length + services.length === 0) errors.push(required("query", "cannot be empty with options"));
  else if (files.length > 0 && services.length > 0) {
    say(`[${files.join(" ")}], [${services.join(" ")}]`, "cannot specify a file and service");
  } else if (files.length > 1) say(files, "cannot specify more than one file");
  else if (files.length === 1 && Object.keys(options).length > 0) say(files, "cannot specify file with options");
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs) {
    say(new Date(untilMs).toISOString(), "must be after `sinceTime`", "untilTime");
  }
  if (boot > 0) say(boot, "must be less than 1", "boot");
  if (tailLines < 0 || tailLines > MOST_LINES) {
    say(tailLines, `must be between 0 and ${MOST_LINES}, inclusive`, "tailLines");
  }
  const problem = pattern === "" ? undefined : patternError(pattern);
  if (problem !== undefined) say(pattern, problem, "pattern");
  return errors;
}

function serviceErrors(service: string): FieldError[] {
  if (service.length > LONGEST_SERVICE) return [invalid("query", service, "length must be less than 100")];
  return SAFE_SERVICE.test(service) ? [] : [invalid("query", service, "input contains unsupported characters")];
}
