import { joined } from "../../base/joined.ts";
import { invalids, notFoundField } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { Container, EphemeralContainer, PodSpec, Volume } from "../generated/core/v1.ts";
import { dnsLabelErrors } from "../names.ts";
import { validateEnvironment, validateEnvironmentFrom } from "./validate-environment.ts";
import { validateDevices, validateMounts } from "./validate-mounts.ts";
import { validateHostPorts, validatePorts } from "./validate-ports.ts";
import { validateLifecycle, validateProbes } from "./validate-probe.ts";
import { validateContainerResources } from "./validate-resources.ts";
import {
  restartsOnResize,
  validateOneTimeResize,
  validateResizePolicy,
  validateRestartRules,
} from "./validate-restart-rules.ts";
import { validateSecurityContext } from "./validate-security-context.ts";

/** Upstream lists these in their own order, where most lists are sorted. */
const MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"];
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

interface Context {
  readonly spec: PodSpec;
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly claims: readonly string[];
  readonly graceSeconds: number;
  readonly old: PodSpec | undefined;
}

/** What is wrong with the containers of a pod: init, regular and ephemeral ones share one name space. */
export function validateContainers(
  spec: PodSpec,
  field: string,
  options: { volumes: ReadonlyMap<string, Volume>; old?: PodSpec | undefined },
): FieldError[] {
  const context: Context = {
    spec,
    volumes: options.volumes,
    claims: (spec.resourceClaims ?? []).map((claim) => claim.name),
    graceSeconds: spec.terminationGracePeriodSeconds ?? 30,
    old: options.old,
  };
  const names = new Set<string>();
  return joined(
    validateRegular(context, `${field}.containers`, names),
    validateInit(context, `${field}.initContainers`, names),
    validateEphemeral(context, `${field}.ephemeralContainers`, names),
  );
}

function validateRegular(context: Context, field: string, names: Set<string>): FieldError[] {
  const containers = context.spec.containers ?? [];
  if (containers.length === 0) return [required(field)];
  const errors = containers.flatMap((container, index) => {
    const path = `${field}[${index}]`;
    return joined(
      validateContainer(container, path, context),
      claimName(container.name ?? "", `${path}.name`, names),
      validateLifecycle(container.lifecycle, `${path}.lifecycle`, context),
      validateProbes(container, path, context.graceSeconds),
      validateRestartRules(container, path),
    );
  });
  return joined(errors, validateHostPorts(containers, field));
}

function claimName(name: string, field: string, names: Set<string>): FieldError[] {
  if (names.has(name)) return [duplicate(field, name)];
  names.add(name);
  return [];
}

function validateInit(context: Context, field: string, names: Set<string>): FieldError[] {
  const mayRestart = restartsOnResize(context.old?.initContainers);
  return (context.spec.initContainers ?? []).flatMap((container, index) => {
    const path = `${field}[${index}]`;
    const isSidecar = container.restartPolicy === "Always";
    return joined(
      validateContainer(container, path, context),
      validateRestartRules(container, path),
      container.name || names.has("") ? claimName(container.name ?? "", `${path}.name`, names) : [],
      // They run one after the other: each is looked at alone, and reported as the first of its list.
      validateHostPorts([container], field),
      isSidecar
        ? joined(
            validateLifecycle(container.lifecycle, `${path}.lifecycle`, context),
            validateProbes(container, path, context.graceSeconds),
          )
        : joined(validateNoSidecar(container, path), mayRestart ? [] : validateOneTimeResize(container, path)),
    );
  });
}

function validateNoSidecar(container: Container, field: string): FieldError[] {
  return (["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const)
    .filter((key) => container[key] !== undefined)
    .map((key) => forbiddenField(`${field}.${key}`, "may not be set for init containers without restartPolicy=Always"));
}

/** In the order of upstream's fields. */
const NOT_EPHEMERAL = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const;
const NOT_EPHEMERAL_MESSAGE = "cannot be set for an Ephemeral Container";

function validateEphemeral(context: Context, field: string, names: Set<string>): FieldError[] {
  const { spec } = context;
  const targets = joined(spec.containers ?? [], spec.initContainers ?? []).map((each) => each.name);
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const path = `${field}[${index}]`;
    const errors = joined(
      validateContainer(container, path, context),
      validateImage(container, path),
      claimName(container.name ?? "", `${path}.name`, names),
    );
    const target = container.targetContainerName;
    if (target && !targets.includes(target)) errors.push(notFoundField(`${path}.targetContainerName`, target));
    for (const key of NOT_EPHEMERAL) {
      if (isSet(container[key])) errors.push(forbiddenField(`${path}.${key}`, NOT_EPHEMERAL_MESSAGE));
    }
    (container.volumeMounts ?? []).forEach((mount, at) => {
      for (const key of ["subPath", "subPathExpr"] as const) {
        const place = `${path}.volumeMounts[${at}].${key}`;
        if (mount[key]) errors.push(forbiddenField(place, NOT_EPHEMERAL_MESSAGE));
      }
    });
    return errors;
  });
}

const isSet = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0
    : typeof value === "object" && value !== null
      ? Object.values(value).some((each) => each !== undefined)
      : value !== undefined;

function validateContainer(container: Container | EphemeralContainer, field: string, context: Context): FieldError[] {
  const { spec, volumes, claims } = context;
  const { name, terminationMessagePolicy: policy, imagePullPolicy: pullPolicy } = container;
  const errors = name ? invalids(`${field}.name`, name, dnsLabelErrors(name)) : [required(`${field}.name`)];
  if (!container.image) errors.push(required(`${field}.image`));
  if (!policy) errors.push(required(`${field}.terminationMessagePolicy`));
  else if (!MESSAGE_POLICIES.includes(policy)) {
    errors.push(notSupported(`${field}.terminationMessagePolicy`, policy, MESSAGE_POLICIES));
  }
  errors.push(
    ...validatePorts(container.ports, `${field}.ports`),
    ...validateEnvironment(container.env, `${field}.env`),
    ...validateEnvironmentFrom(container.envFrom, `${field}.envFrom`),
    ...validateMounts(container, field, volumes),
    ...validateDevices(container, field, volumes),
  );
  if (!pullPolicy) errors.push(required(`${field}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(pullPolicy)) {
    errors.push(notSupported(`${field}.imagePullPolicy`, pullPolicy, PULL_POLICIES));
  }
  return joined(
    errors,
    validateContainerResources(container.resources, `${field}.resources`, claims),
    validateResizePolicy(container, `${field}.resizePolicy`, spec.restartPolicy),
    validateSecurityContext(container.securityContext, `${field}.securityContext`, {
      hostUsers: spec.hostUsers !== false,
    }),
  );
}

/** White space around the images of containers is refused in pods, not in templates. */
export function validateImages(containers: readonly Container[] | undefined, field: string): FieldError[] {
  return (containers ?? []).flatMap((container, index) => validateImage(container, `${field}[${index}]`));
}

export function validateImage({ image = "" }: Container | EphemeralContainer, field: string): FieldError[] {
  return image === image.trim()
    ? []
    : [invalid(`${field}.image`, image, "must not have leading or trailing whitespace")];
}
