import {
  invalids,
  notFoundField,
  oneOf,
  optionalNamed,
  optionalOneOf,
  requiredText,
  uniqueness,
} from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type {
  Container,
  ContainerPort,
  EphemeralContainer,
  PodSpec,
  Volume,
  VolumeMount,
} from "../generated/core/v1.ts";
import { dnsLabelErrors, portNameErrors, portNumberErrors } from "../names.ts";
import { validateEnvironment, validateEnvironmentFrom } from "./validate-environment.ts";
import { validateLifecycle, validateProbes } from "./validate-probe.ts";
import { validateContainerResources } from "./validate-resources.ts";
import { validateSecurityContext } from "./validate-security-context.ts";
import { validateRelativePath } from "./validate-volume.ts";

interface Context {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly claims: ReadonlySet<string>;
  readonly graceSeconds: number;
  readonly hostUsers: boolean;
  readonly hostNetwork: boolean;
}

/** What is wrong with the containers of a pod: init, regular and ephemeral ones share one name space. */
export function validateContainers(spec: PodSpec, field: string): FieldError[] {
  const context: Context = {
    volumes: new Map((spec.volumes ?? []).map((volume) => [volume.name, volume])),
    claims: new Set((spec.resourceClaims ?? []).map((claim) => claim.name)),
    graceSeconds: spec.terminationGracePeriodSeconds ?? 30,
    hostUsers: spec.hostUsers !== false,
    hostNetwork: spec.hostNetwork === true,
  };
  const unique = uniqueness();
  const errors: FieldError[] = [];
  if ((spec.containers ?? []).length === 0) errors.push(required(`${field}.containers`));
  (spec.containers ?? []).forEach((container, index) => {
    const path = `${field}.containers[${index}]`;
    errors.push(...validateContainer(container, path, context), ...unique(container.name, `${path}.name`));
    errors.push(...validateLifecycle(container.lifecycle, `${path}.lifecycle`, context.graceSeconds));
    errors.push(...validateProbes(container, path, context.graceSeconds));
  });
  (spec.initContainers ?? []).forEach((container, index) => {
    const path = `${field}.initContainers[${index}]`;
    errors.push(...validateContainer(container, path, context), ...unique(container.name, `${path}.name`));
    errors.push(...validateInitContainer(container, path, context));
  });
  (spec.ephemeralContainers ?? []).forEach((container, index) => {
    const path = `${field}.ephemeralContainers[${index}]`;
    errors.push(...validateContainer(container, path, context), ...unique(container.name, `${path}.name`));
    errors.push(...validateEphemeral(container, path, spec));
  });
  return [...errors, ...validateHostPorts(spec, field)];
}

function validateInitContainer(container: Container, field: string, context: Context): FieldError[] {
  if (container.restartPolicy === "Always") {
    return [
      ...validateLifecycle(container.lifecycle, `${field}.lifecycle`, context.graceSeconds),
      ...validateProbes(container, field, context.graceSeconds),
    ];
  }
  return (["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const)
    .filter((key) => container[key] !== undefined)
    .map((key) => forbiddenField(`${field}.${key}`, "may not be set for init containers without restartPolicy=Always"));
}

function validateEphemeral(container: EphemeralContainer, field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const target = container.targetContainerName;
  const names = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((each) => each.name);
  if (target && !names.includes(target)) errors.push(notFoundField(`${field}.targetContainerName`, target));
  const absent = ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resizePolicy"] as const;
  for (const key of absent) {
    if (container[key] !== undefined) {
      errors.push(forbiddenField(`${field}.${key}`, "cannot be set for an Ephemeral Container"));
    }
  }
  const { requests = {}, limits = {} } = container.resources ?? {};
  if (Object.keys(requests).length + Object.keys(limits).length > 0) {
    errors.push(forbiddenField(`${field}.resources`, "cannot be set for an Ephemeral Container"));
  }
  (container.volumeMounts ?? []).forEach((mount, index) => {
    if (mount.subPath)
      errors.push(
        forbiddenField(`${field}.volumeMounts[${index}].subPath`, "cannot be set for an Ephemeral Container"),
      );
  });
  return errors;
}

function validateContainer(container: Container | EphemeralContainer, field: string, context: Context): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(required(`${field}.name`));
  else errors.push(...invalids(`${field}.name`, container.name, dnsLabelErrors(container.name)));
  const image = container.image ?? "";
  if (image === "") errors.push(required(`${field}.image`));
  else if (image !== image.trim()) {
    errors.push(invalid(`${field}.image`, image, "must not have leading or trailing whitespace"));
  }
  errors.push(
    ...oneOf(
      container.terminationMessagePolicy,
      ["FallbackToLogsOnError", "File"],
      `${field}.terminationMessagePolicy`,
    ),
  );
  errors.push(...validatePorts(container.ports, `${field}.ports`, context));
  errors.push(...validateEnvironment(container.env, `${field}.env`));
  errors.push(...validateEnvironmentFrom(container.envFrom, `${field}.envFrom`));
  errors.push(...validateMounts(container, field, context.volumes));
  errors.push(...oneOf(container.imagePullPolicy, ["Always", "IfNotPresent", "Never"], `${field}.imagePullPolicy`));
  errors.push(...validateContainerResources(container.resources, `${field}.resources`, context.claims));
  errors.push(...validateSecurityContext(container.securityContext, `${field}.securityContext`, context));
  errors.push(...optionalOneOf(container.restartPolicy, ["Always", "Never", "OnFailure"], `${field}.restartPolicy`));
  if (container.restartPolicyRules !== undefined && !container.restartPolicy) {
    errors.push(required(`${field}.restartPolicy`, "must specify restartPolicy when restart rules are used"));
  }
  return errors;
}

function validatePorts(ports: readonly ContainerPort[] | undefined, field: string, context: Context): FieldError[] {
  const unique = uniqueness();
  return (ports ?? []).flatMap((port, index) => {
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (port.name) {
      const wrong = invalids(`${path}.name`, port.name, portNameErrors(port.name));
      errors.push(...(wrong.length > 0 ? wrong : unique(port.name, `${path}.name`)));
    }
    if (!port.containerPort) errors.push(required(`${path}.containerPort`));
    else errors.push(...invalids(`${path}.containerPort`, port.containerPort, portNumberErrors(port.containerPort)));
    if (port.hostPort) {
      errors.push(...invalids(`${path}.hostPort`, port.hostPort, portNumberErrors(port.hostPort)));
      if (context.hostNetwork && port.hostPort !== port.containerPort) {
        errors.push(
          invalid(`${path}.containerPort`, port.containerPort, "must match `hostPort` when `hostNetwork` is true"),
        );
      }
    }
    return [...errors, ...oneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${path}.protocol`)];
  });
}

function validateHostPorts(spec: PodSpec, field: string): FieldError[] {
  const unique = uniqueness();
  return (spec.containers ?? []).flatMap((container, at) =>
    (container.ports ?? []).flatMap((port, index) =>
      port.hostPort
        ? unique(
            `${port.protocol ?? "TCP"}/${port.hostIP ?? ""}/${port.hostPort}`,
            `${field}.containers[${at}].ports[${index}].hostPort`,
          )
        : [],
    ),
  );
}

function validateMounts(
  container: Container | EphemeralContainer,
  field: string,
  volumes: ReadonlyMap<string, Volume>,
): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  const claim = (path: string | undefined, at: string): void => {
    if (path === undefined || path === "") return;
    if (paths.has(path)) errors.push(invalid(at, path, "must be unique"));
    paths.add(path);
  };
  (container.volumeMounts ?? []).forEach((mount, index) => {
    const path = `${field}.volumeMounts[${index}]`;
    if (!mount.name) errors.push(required(`${path}.name`));
    else if (!volumes.has(mount.name)) errors.push(notFoundField(`${path}.name`, mount.name));
    errors.push(...requiredText(mount.mountPath, `${path}.mountPath`));
    claim(mount.mountPath, `${path}.mountPath`);
    errors.push(...validateMount(mount, path, container.securityContext?.privileged === true));
  });
  (container.volumeDevices ?? []).forEach((device, index) => {
    const path = `${field}.volumeDevices[${index}]`;
    const volume = volumes.get(device.name);
    if (!device.name) errors.push(required(`${path}.name`));
    else if (volume === undefined) errors.push(notFoundField(`${path}.name`, device.name));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      errors.push(
        invalid(
          `${path}.name`,
          device.name,
          "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
        ),
      );
    }
    errors.push(...requiredText(device.devicePath, `${path}.devicePath`));
    claim(device.devicePath, `${path}.devicePath`);
  });
  return errors;
}

function validateMount(mount: VolumeMount, field: string, privileged: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (mount.subPath) errors.push(...validateRelativePath(mount.subPath, `${field}.subPath`));
  if (mount.subPathExpr) {
    if (mount.subPath) {
      errors.push(invalid(`${field}.subPathExpr`, mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"));
    }
    errors.push(...validateRelativePath(mount.subPathExpr, `${field}.subPathExpr`));
  }
  errors.push(
    ...optionalOneOf(mount.mountPropagation, ["Bidirectional", "HostToContainer", "None"], `${field}.mountPropagation`),
  );
  if (mount.mountPropagation === "Bidirectional" && !privileged) {
    errors.push(
      forbiddenField(
        `${field}.mountPropagation`,
        "Bidirectional mount propagation is available only to privileged containers",
      ),
    );
  }
  errors.push(...optionalNamed(mount.recursiveReadOnly, recursiveReadOnlyErrors, `${field}.recursiveReadOnly`));
  if (mount.recursiveReadOnly && mount.recursiveReadOnly !== "Disabled" && mount.readOnly !== true) {
    errors.push(forbiddenField(`${field}.recursiveReadOnly`, "may only be specified when readOnly is true"));
  }
  return errors;
}

const recursiveReadOnlyErrors = (value: string): string[] =>
  ["Disabled", "Enabled", "IfPossible"].includes(value) ? [] : ["must be one of Disabled, Enabled, IfPossible"];
