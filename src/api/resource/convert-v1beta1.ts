import type {
  Device,
  DeviceRequest,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceClaimTemplate,
  ResourceSlice,
} from "../generated/resource.k8s.io/v1.ts";
import type {
  Device as BetaDevice,
  DeviceRequest as BetaRequest,
  ResourceClaim as BetaResourceClaim,
  ResourceClaimSpec as BetaResourceClaimSpec,
  ResourceClaimTemplate as BetaResourceClaimTemplate,
  ResourceSlice as BetaResourceSlice,
} from "../generated/resource.k8s.io/v1beta1.ts";

/**
 * resource.k8s.io/v1beta1 says what is asked for exactly in the request itself, and a device's properties under `basic`; all
 * else is the same (pkg/apis/resource/v1beta1/conversion.go).
 */

const STORED = "resource.k8s.io/v1";
const SERVED = "resource.k8s.io/v1beta1";

export function claimToStored(claim: BetaResourceClaim): ResourceClaim {
  return { ...claim, apiVersion: STORED, spec: specToStored(claim.spec) };
}

export function claimFromStored(claim: ResourceClaim): BetaResourceClaim {
  return { ...claim, apiVersion: SERVED, spec: specFromStored(claim.spec) };
}

export function templateToStored(template: BetaResourceClaimTemplate): ResourceClaimTemplate {
  const { spec } = template;
  return { ...template, apiVersion: STORED, spec: spec && { ...spec, spec: specToStored(spec.spec) } };
}

export function templateFromStored(template: ResourceClaimTemplate): BetaResourceClaimTemplate {
  const { spec } = template;
  return { ...template, apiVersion: SERVED, spec: spec && { ...spec, spec: specFromStored(spec.spec) } };
}

export function sliceToStored(slice: BetaResourceSlice): ResourceSlice {
  const devices = slice.spec?.devices?.map(({ name, basic }): Device => ({ name, ...basic }));
  return {
    ...slice,
    apiVersion: STORED,
    spec: { ...slice.spec, ...(devices && { devices }) } as ResourceSlice["spec"],
  };
}

export function sliceFromStored(slice: ResourceSlice): BetaResourceSlice {
  const devices = slice.spec?.devices?.map(({ name, ...basic }): BetaDevice => ({ name, basic }));
  const spec = { ...slice.spec, ...(devices && { devices }) } as BetaResourceSlice["spec"];
  return { ...slice, apiVersion: SERVED, spec };
}

function specToStored(spec: BetaResourceClaimSpec): ResourceClaimSpec {
  const requests = spec?.devices?.requests;
  if (!requests) return spec as ResourceClaimSpec;
  return { ...spec, devices: { ...spec.devices, requests: requests.map(requestToStored) } };
}

function specFromStored(spec: ResourceClaimSpec): BetaResourceClaimSpec {
  const requests = spec?.devices?.requests;
  if (!requests) return spec as BetaResourceClaimSpec;
  return { ...spec, devices: { ...spec.devices, requests: requests.map(requestFromStored) } };
}

/** Also what is said beside `firstAvailable`, so that validation tells of it. */
function requestToStored({ name, firstAvailable, ...said }: BetaRequest): DeviceRequest {
  const isExact = Object.values(said).some((value) => value !== undefined);
  return {
    name,
    ...(isExact && { exactly: { ...said, deviceClassName: said.deviceClassName ?? "" } }),
    ...(firstAvailable && { firstAvailable }),
  };
}

function requestFromStored({ name, exactly, firstAvailable }: DeviceRequest): BetaRequest {
  const { deviceClassName, ...said } = exactly ?? { deviceClassName: "" };
  return {
    name,
    ...(deviceClassName !== "" && { deviceClassName }),
    ...said,
    ...(firstAvailable && { firstAvailable }),
  };
}
