import { invalids, nonNegative } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type {
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Lifecycle,
  PodSpec,
  Probe,
  TCPSocketAction,
} from "../generated/core/v1.ts";
import { httpHeaderErrors, portNameErrors, portNumberErrors } from "../names.ts";
import { validateStopSignal } from "./validate-stop-signal.ts";

const SCHEMES = ["HTTP", "HTTPS"];

interface Handler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  grpc?: GRPCAction;
  sleep?: { seconds: number };
}

/** What is wrong with the hooks of a container, and the signal that ends it. */
export function validateLifecycle(
  lifecycle: Lifecycle | undefined,
  field: string,
  { spec, graceSeconds }: { spec: PodSpec; graceSeconds: number },
): FieldError[] {
  if (lifecycle === undefined) return [];
  const errors: FieldError[] = [];
  for (const hook of ["postStart", "preStop"] as const) {
    const handler = lifecycle[hook];
    if (handler !== undefined) errors.push(...validateHandler(handler, `${field}.${hook}`, graceSeconds));
  }
  if (lifecycle.stopSignal !== undefined) {
    errors.push(...validateStopSignal(lifecycle.stopSignal, `${field}.stopSignal`, spec.os?.name));
  }
  return errors;
}

/** What is wrong with the three probes of a container. */
export function validateProbes(
  container: { livenessProbe?: Probe; readinessProbe?: Probe; startupProbe?: Probe },
  field: string,
  terminationGracePeriodSeconds: number,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[name];
    if (probe === undefined) continue;
    const path = `${field}.${name}`;
    errors.push(...validateProbe(probe, path, terminationGracePeriodSeconds));
    if (name !== "readinessProbe" && (probe.successThreshold ?? 1) !== 1) {
      errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, "must be 1"));
    }
    if (name === "readinessProbe" && probe.terminationGracePeriodSeconds !== undefined) {
      const message = "must not be set for readinessProbes";
      errors.push(invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, message));
    }
  }
  return errors;
}

function validateProbe(probe: Probe, field: string, terminationGracePeriodSeconds: number): FieldError[] {
  const errors = validateHandler(probe, field, terminationGracePeriodSeconds);
  const counts = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const;
  for (const key of counts) errors.push(...nonNegative(probe[key], `${field}.${key}`));
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    const message = "must be greater than 0";
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, message));
  }
  return errors;
}

function validateHandler(handler: Handler, field: string, terminationGracePeriodSeconds: number): FieldError[] {
  const kinds = (["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const).filter(
    (kind) => handler[kind] !== undefined,
  );
  const first = kinds[0];
  if (first === undefined) return [required(field, "must specify a handler type")];
  const errors = kinds
    .slice(1)
    .map((kind) => forbiddenField(`${field}.${kind}`, "may not specify more than 1 handler type"));
  const path = `${field}.${first}`;
  switch (first) {
    case "exec":
      if ((handler.exec?.command ?? []).length === 0) errors.push(required(`${path}.command`));
      break;
    case "httpGet":
      errors.push(...validateHttpGet(handler.httpGet!, path));
      break;
    case "tcpSocket":
      errors.push(...validatePort(handler.tcpSocket!.port, `${path}.port`));
      break;
    case "grpc":
      errors.push(...invalids(`${path}.port`, handler.grpc!.port, portNumberErrors(handler.grpc!.port)));
      break;
    case "sleep": {
      const { seconds } = handler.sleep!;
      if (seconds < 0 || seconds > terminationGracePeriodSeconds) {
        const message = `must be non-negative and less than terminationGracePeriodSeconds (${terminationGracePeriodSeconds})`;
        errors.push(invalid(path, seconds, message));
      }
    }
  }
  return errors;
}

function validateHttpGet(action: HTTPGetAction, field: string): FieldError[] {
  const errors = action.path ? [] : [required(`${field}.path`)];
  errors.push(...validatePort(action.port, `${field}.port`));
  const { scheme = "" } = action;
  if (!SCHEMES.includes(scheme)) errors.push(notSupported(`${field}.scheme`, scheme, SCHEMES));
  for (const header of action.httpHeaders ?? []) {
    errors.push(...invalids(`${field}.httpHeaders`, header.name, httpHeaderErrors(header.name ?? "")));
  }
  return errors;
}

/** A port by number or by name. */
export function validatePort(port: number | string | undefined, field: string): FieldError[] {
  if (typeof port === "string") return invalids(field, port, portNameErrors(port));
  return invalids(field, port ?? 0, portNumberErrors(port));
}
