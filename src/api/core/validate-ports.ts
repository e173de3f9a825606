import { joined } from "../../base/joined.ts";
import { invalids, oneOf, uniqueness } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, required } from "../field-error.ts";
import type { Container, ContainerPort, PodSpec } from "../generated/core/v1.ts";
import { portNameErrors, portNumberErrors } from "../names.ts";

/** What is wrong with the ports of one container. */
export function validatePorts(ports: readonly ContainerPort[] | undefined, field: string): FieldError[] {
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
    if (port.hostPort) errors.push(...invalids(`${path}.hostPort`, port.hostPort, portNumberErrors(port.hostPort)));
    return joined(errors, oneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${path}.protocol`));
  });
}

/** Two containers that run side by side cannot have the same port of the host. @param field of the list */
export function validateHostPorts(containers: readonly Container[], field: string): FieldError[] {
  const seen = new Set<string>();
  return containers.flatMap((container, at) =>
    (container.ports ?? []).flatMap((port, index) => {
      if (!port.hostPort) return [];
      const key = `${port.protocol ?? ""}/${port.hostIP ?? ""}/${port.hostPort}`;
      if (seen.has(key)) return [duplicate(`${field}[${at}].ports[${index}].hostPort`, key)];
      seen.add(key);
      return [];
    }),
  );
}

/** In the host's network a port of the container is the port of the host. A template may leave the latter out. */
export function validateHostNetworkPorts(spec: PodSpec, field: string, isPod: boolean): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return (spec.containers ?? []).flatMap((container, at) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, containerPort }, index) =>
      (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [
            invalid(
              `${field}.containers[${at}].ports[${index}].hostPort`,
              hostPort,
              "must match `containerPort` when `hostNetwork` is true",
            ),
          ]
        : [],
    ),
  );
}
