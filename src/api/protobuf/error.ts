/** What is wrong with a protobuf message, or with an object that shall become one, and where. */
export class ProtobufError extends Error {
  readonly problem: string;
  readonly path: readonly string[];

  constructor(problem: string, path: readonly string[] = []) {
    super(path.length === 0 ? problem : `${path.join(".")}: ${problem}`);
    this.name = "ProtobufError";
    this.problem = problem;
    this.path = path;
  }
}

/** A message says that it is of a kind that there is not. */
export class UnknownKindError extends ProtobufError {
  readonly apiVersion: string;
  readonly kind: string;

  constructor(apiVersion: string, kind: string) {
    super(`no kind "${kind}" is registered for version "${apiVersion}"`);
    this.apiVersion = apiVersion;
    this.kind = kind;
  }
}

/** The error with the field's name before its path; other errors as they are. */
export function within(field: string, error: unknown): unknown {
  return error instanceof ProtobufError ? new ProtobufError(error.problem, [field, ...error.path]) : error;
}
