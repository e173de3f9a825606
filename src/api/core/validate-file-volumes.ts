import { notFoundField } from "../field-checks.ts";
import { type FieldError, invalid } from "../field-error.ts";
import type { PodSpec } from "../generated/core/v1.ts";
import { containersOf } from "./validate-windows.ts";

/** What is wrong with the volumes that variables out of files name: they are empty at first, and a container fills them. */
export function validateFileVolumes(spec: PodSpec, field: string): FieldError[] {
  return containersOf(spec, field).flatMap(({ container, path }) =>
    (container.env ?? []).flatMap(({ valueFrom }, index) => {
      if (valueFrom?.fileKeyRef === undefined) return [];
      const { volumeName = "" } = valueFrom.fileKeyRef;
      const at = `${path}.env[${index}].valueFrom.fileKeyRef.volumeName`;
      const volume = spec.volumes?.find((each) => each.name === volumeName);
      if (volume === undefined) return [notFoundField(at, volumeName)];
      return volume.emptyDir === undefined
        ? [invalid(at, volumeName, "referenced volume must be of type emptyDir")]
        : [];
    }),
  );
}
