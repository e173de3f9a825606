import { requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { ISCSIPersistentVolumeSource, ISCSIVolumeSource } from "../generated/core/v1.ts";
import { rangeMessage } from "../names.ts";
import type { VolumeRule } from "./volume-rule.ts";

const LUN_MAX = 255;
const IQN = /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]*)(:[^,;*&$|\s]+)$/;
const EUI = /^eui.[A-Za-z0-9]{16}$/;
const NAA = /^naa.[A-Za-z0-9]{32}$/;
const INITIATOR_MAX = 64;
const INITIATOR_MESSAGE =
  "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";

function validateInitiator(name: string, field: string): FieldError[] {
  if (!/^(iqn|eui|naa)/.test(name)) {
    return [invalid(field, name, "must be valid format starting with iqn, eui, or naa")];
  }
  return nameErrors(name, field);
}

function nameErrors(name: string, field: string): FieldError[] {
  const expression = name.startsWith("iqn") ? IQN : name.startsWith("eui") ? EUI : NAA;
  return /^(iqn|eui|naa)/.test(name) && !expression.test(name) ? [invalid(field, name, "must be valid format")] : [];
}

/** What is wrong with a disk of a network, wherever it stands. */
export function iscsiErrors(iscsi: ISCSIVolumeSource | ISCSIPersistentVolumeSource, field: string): FieldError[] {
  const { targetPortal, iqn, lun = 0, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = iscsi;
  const errors = requiredText(targetPortal, `${field}.targetPortal`);
  errors.push(...(iqn ? validateInitiator(iqn, `${field}.iqn`) : [required(`${field}.iqn`)]));
  if (lun < 0 || lun > LUN_MAX) errors.push(invalid(`${field}.lun`, lun, rangeMessage(0, LUN_MAX)));
  if ((chapAuthDiscovery || chapAuthSession) && secretRef === undefined) errors.push(required(`${field}.secretRef`));
  if (secretRef !== undefined) errors.push(...requiredText(secretRef.name, `${field}.secretRef.name`));
  if (initiatorName !== undefined) errors.push(...validateInitiator(initiatorName, `${field}.initiatorname`));
  return errors;
}

/** The name of an initiator goes into the name of a folder together with the volume's. @param at where that stands */
export function initiatorLengthErrors(
  { initiatorName, targetPortal }: ISCSIVolumeSource | ISCSIPersistentVolumeSource,
  name: string,
  at: { field: string; value: string },
): FieldError[] {
  const isLong = `${name}:${targetPortal}`.length > INITIATOR_MAX;
  return isLong && initiatorName !== undefined ? [invalid(at.field, at.value, INITIATOR_MESSAGE)] : [];
}

export const validateIscsi: VolumeRule = ({ iscsi, name }, field, { at }) => [
  ...iscsiErrors(iscsi!, field),
  ...initiatorLengthErrors(iscsi!, name, { field: `${at}.name`, value: name }),
];

export const validateFibreChannel: VolumeRule = ({ fc }, field) => {
  const { targetWWNs = [], wwids = [], lun } = fc!;
  const errors: FieldError[] = [];
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.push(required(`${field}.targetWWNs`, "must specify either targetWWNs or wwids, but not both"));
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    const message = "targetWWNs and wwids can not be specified simultaneously";
    errors.push(invalid(`${field}.targetWWNs`, targetWWNs, message));
  }
  if (targetWWNs.length === 0) return errors;
  if (lun === undefined) errors.push(required(`${field}.lun`, "lun is required if targetWWNs is specified"));
  else if (lun < 0 || lun > LUN_MAX) errors.push(invalid(`${field}.lun`, lun, rangeMessage(0, LUN_MAX)));
  return errors;
};
