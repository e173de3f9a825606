import { joined } from "../../base/joined.ts";
import { notFoundField } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { Container, EphemeralContainer, Volume, VolumeMount } from "../generated/core/v1.ts";
import { validateRelativePath } from "./validate-path.ts";

const PROPAGATIONS = ["Bidirectional", "HostToContainer", "None"];
const RECURSIVE_READ_ONLY = ["Disabled", "Enabled", "IfPossible"];

type Mounting = Pick<Container | EphemeralContainer, "volumeMounts" | "volumeDevices" | "securityContext">;

/** What is wrong with the volumes that a container has mounted. */
export function validateMounts(container: Mounting, field: string, volumes: ReadonlyMap<string, Volume>): FieldError[] {
  const errors: FieldError[] = [];
  const list = `${field}.volumeMounts`;
  const seen = new Set<string>();
  const devices = container.volumeDevices ?? [];
  (container.volumeMounts ?? []).forEach((mount, index) => {
    const path = `${list}[${index}]`;
    const { name, mountPath = "" } = mount;
    if (!name) errors.push(required(`${path}.name`));
    if (!volumes.has(name)) errors.push(notFoundField(`${path}.name`, name ?? ""));
    if (mountPath === "") errors.push(required(`${path}.mountPath`));
    if (seen.has(mountPath)) errors.push(invalid(`${path}.mountPath`, mountPath, "must be unique"));
    seen.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      errors.push(invalid(`${path}.name`, name, "must not already exist in volumeDevices"));
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalid(`${path}.mountPath`, mountPath, "must not already exist as a path in volumeDevices"));
    }
    errors.push(...validateMount(mount, { list, path }, container.securityContext?.privileged === true));
  });
  return errors;
}

/** Upstream reports these at the list, without an index, but for one. */
function validateMount(
  mount: VolumeMount,
  { list: field, path }: { list: string; path: string },
  privileged: boolean,
): FieldError[] {
  const { subPath, subPathExpr, mountPropagation: propagation } = mount;
  const errors: FieldError[] = [];
  if (subPath) errors.push(...validateRelativePath(subPath, `${field}.subPath`));
  if (subPathExpr) {
    if (subPath) {
      errors.push(invalid(`${path}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive"));
    }
    errors.push(...validateRelativePath(subPathExpr, `${field}.subPathExpr`));
  }
  if (propagation !== undefined) {
    if (!PROPAGATIONS.includes(propagation)) {
      errors.push(notSupported(`${field}.mountPropagation`, propagation, PROPAGATIONS));
    }
    if (propagation === "Bidirectional" && !privileged) {
      const message = "Bidirectional mount propagation is available only to privileged containers";
      errors.push(forbiddenField(`${field}.mountPropagation`, message));
    }
  }
  return joined(errors, validateRecursiveReadOnly(mount, `${field}.recursiveReadOnly`));
}

function validateRecursiveReadOnly(mount: VolumeMount, field: string): FieldError[] {
  const { recursiveReadOnly: mode, readOnly, mountPropagation = "None" } = mount;
  if (mode === undefined || mode === "Disabled") return [];
  if (!RECURSIVE_READ_ONLY.includes(mode)) return [notSupported(field, mode, RECURSIVE_READ_ONLY)];
  const errors: FieldError[] = [];
  if (readOnly !== true) errors.push(forbiddenField(field, "may only be specified when readOnly is true"));
  if (mountPropagation !== "None") {
    errors.push(forbiddenField(field, "may only be specified when mountPropagation is None or not specified"));
  }
  return errors;
}

/** What is wrong with the block devices of a container. */
export function validateDevices(
  container: Mounting,
  field: string,
  volumes: ReadonlyMap<string, Volume>,
): FieldError[] {
  if (container.volumeDevices === undefined) return [];
  const errors: FieldError[] = [];
  const [paths, names] = [new Set<string>(), new Set<string>()];
  const mounts = container.volumeMounts ?? [];
  container.volumeDevices.forEach((device, index) => {
    const at = `${field}.volumeDevices[${index}]`;
    const { name, devicePath = "" } = device;
    const volume = volumes.get(name);
    if (!name) errors.push(required(`${at}.name`));
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, "must be unique"));
    if (volume === undefined) errors.push(notFoundField(`${at}.name`, name ?? ""));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const message = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      errors.push(invalid(`${at}.name`, name, message));
    }
    if (devicePath === "") errors.push(required(`${at}.devicePath`));
    if (paths.has(devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, "must be unique"));
    if (devicePath.split("/").includes("..")) {
      errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    } else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) {
      errors.push(invalid(`${at}.name`, name, "must not already exist in volumeMounts"));
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      errors.push(invalid(`${at}.devicePath`, devicePath, "must not already exist as a path in volumeMounts"));
    }
    if (name) names.add(name);
  });
  return errors;
}
