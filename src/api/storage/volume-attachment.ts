import { ageColumn, booleanColumn, nameColumn, textColumn } from "../columns.ts";
import { validateDriverName } from "../core/validate-persistent-source.ts";
import { validateVolumeSpec } from "../core/validate-volume-spec.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required, tooLong } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { VolumeAttachment } from "../generated/storage.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

export const volumeAttachmentKind = defineKind<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  withoutGeneration: true,
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  refusesUnconditionalUpdate: true,
  validate: validateAttachment,
  validateUpdate: (attachment, old) => immutable(attachment.spec, old.spec, "spec"),
  statusKeepsMetadata: true,
  validateStatusUpdate: validateAttachmentStatus,
  columns: [
    nameColumn,
    {
      ...textColumn<VolumeAttachment>(
        "Attacher",
        columnTexts["storage.v1.VolumeAttachmentSpec.attacher"],
        ({ spec }) => spec?.attacher ?? "",
      ),
      format: "name",
    },
    textColumn<VolumeAttachment>(
      "PV",
      columnTexts["storage.v1.VolumeAttachmentSource.persistentVolumeName"],
      ({ spec }) => spec?.source?.persistentVolumeName ?? "",
    ),
    textColumn<VolumeAttachment>(
      "Node",
      columnTexts["storage.v1.VolumeAttachmentSpec.nodeName"],
      ({ spec }) => spec?.nodeName ?? "",
    ),
    booleanColumn<VolumeAttachment>(
      "Attached",
      columnTexts["storage.v1.VolumeAttachmentStatus.attached"],
      ({ status }) => status?.attached ?? false,
    ),
    ageColumn,
  ],
});

const ONE_OF = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
const MESSAGE_MAX = 1024;
const METADATA_BYTES_MAX = 256 * 1024;

function validateAttachment(attachment: VolumeAttachment): FieldError[] {
  const { spec } = attachment;
  const { attacher = "", nodeName = "", source } = spec ?? {};
  const field = "spec.source";
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source ?? {};
  const errors = validateDriverName(attacher, "spec.attacher");
  if (inline === undefined && name === undefined) errors.push(required(field, ONE_OF));
  if (inline !== undefined && name !== undefined) errors.push(forbiddenField(field, ONE_OF));
  if (name === "") {
    errors.push(required(`${field}.persistentVolumeName`, "must specify non empty persistentVolumeName"));
  } else if (name !== undefined) {
    errors.push(...invalids(`${field}.persistentVolumeName`, name, dnsSubdomainErrors(name)));
  }
  if (inline !== undefined) errors.push(...validateVolumeSpec(inline, `${field}.inlineVolumeSpec`, { isInline: true }));
  errors.push(...invalids("spec.nodeName", nodeName, dnsSubdomainErrors(nodeName)));
  return [...errors, ...validateAttachmentStatus(attachment)];
}

function validateAttachmentStatus({ status }: VolumeAttachment): FieldError[] {
  const errors = validateMetadata(status?.attachmentMetadata ?? {}, "status.attachmentMetadata");
  for (const key of ["attachError", "detachError"] as const) {
    if (Buffer.byteLength(status?.[key]?.message ?? "") > MESSAGE_MAX) {
      errors.push(tooLong(`status.${key}.message`, MESSAGE_MAX));
    }
  }
  return errors;
}

function validateMetadata(metadata: Readonly<Record<string, string>>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata)) {
    if (key === "") errors.push(invalid(field, key, "field can not be empty."));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return bytes > METADATA_BYTES_MAX ? [...errors, tooLong(field, METADATA_BYTES_MAX)] : errors;
}
