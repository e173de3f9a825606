import { invalids } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, tooLong, tooMany } from "../field-error.ts";
import type { AllocatedDeviceStatus, NetworkDeviceData, ResourceClaim } from "../generated/resource.k8s.io/v1.ts";
import { interfaceAddressErrors } from "../ip-address.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { shareErrors, validateDriver, validateLabelName, validatePool } from "./resource-names.ts";
import { validateParameters } from "./validate-claim.ts";

const CONDITIONS_MAX = 8;
const INTERFACE_NAME_MAX = 256;
const HARDWARE_ADDRESS_MAX = 128;
const ADDRESSES_MAX = 16;

const idOf = ({ driver, pool, device, shareID }: { driver: string; pool: string; device: string; shareID?: string }) =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join("/");

/** Drivers speak of devices that the claim has, of each once. */
export function validateDeviceStatuses({ status }: ResourceClaim): FieldError[] {
  const allocated = new Set((status?.allocation?.devices?.results ?? []).map(idOf));
  const seen = new Set<string>();
  return (status?.devices ?? []).flatMap((each, index) => {
    const at = `status.devices[${index}]`;
    const errors = validateDeviceStatus(each, at, allocated);
    const id = idOf(each);
    if (seen.has(id)) errors.push(duplicate(at, id));
    seen.add(id);
    return errors;
  });
}

function validateDeviceStatus(
  status: AllocatedDeviceStatus,
  field: string,
  allocated: ReadonlySet<string>,
): FieldError[] {
  const { driver, pool, device, shareID, data, networkData } = status;
  const conditions = status.conditions ?? [];
  const errors = [
    ...validateDriver(driver, `${field}.driver`),
    ...validatePool(pool, `${field}.pool`),
    ...validateLabelName(device, `${field}.device`),
    ...invalids(`${field}.shareID`, shareID, shareErrors(shareID)),
  ];
  const id = idOf(status);
  if (!allocated.has(id)) errors.push(invalid(field, id, "must be an allocated device in the claim"));
  if (conditions.length > CONDITIONS_MAX) {
    errors.push(tooMany(`${field}.conditions`, conditions.length, CONDITIONS_MAX));
  }
  errors.push(...validateConditions(conditions, `${field}.conditions`));
  if (data !== undefined) errors.push(...validateParameters(data, `${field}.data`));
  return networkData === undefined ? errors : [...errors, ...validateNetworkData(networkData, `${field}.networkData`)];
}

function validateNetworkData(data: NetworkDeviceData, field: string): FieldError[] {
  const { interfaceName = "", hardwareAddress = "", ips = [] } = data;
  const errors: FieldError[] = [];
  if (Buffer.byteLength(interfaceName) > INTERFACE_NAME_MAX) {
    errors.push(tooLong(`${field}.interfaceName`, INTERFACE_NAME_MAX));
  }
  if (Buffer.byteLength(hardwareAddress) > HARDWARE_ADDRESS_MAX) {
    errors.push(tooLong(`${field}.hardwareAddress`, HARDWARE_ADDRESS_MAX));
  }
  if (ips.length > ADDRESSES_MAX) return [...errors, tooMany(`${field}.ips`, ips.length, ADDRESSES_MAX)];
  return [
    ...errors,
    ...ips.flatMap((address, index) => {
      const at = `${field}.ips[${index}]`;
      const wrong = invalids(at, address, interfaceAddressErrors(address));
      return ips.indexOf(address) < index ? [...wrong, duplicate(at, address)] : wrong;
    }),
  ];
}
