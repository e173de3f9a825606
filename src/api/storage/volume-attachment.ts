import { ageColumn, booleanColumn, nameColumn, textColumn } from "../columns.ts";
import { requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, required } from "../field-error.ts";
import type { VolumeAttachment } from "../generated/storage.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";

export const volumeAttachmentKind = defineKind<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  withoutGeneration: true,
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  validate({ spec }) {
    const errors: FieldError[] = [
      ...requiredText(spec?.attacher, "spec.attacher"),
      ...requiredText(spec?.nodeName, "spec.nodeName"),
    ];
    const source = spec?.source ?? {};
    if (source.inlineVolumeSpec === undefined && source.persistentVolumeName === undefined) {
      errors.push(required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
    }
    if (source.inlineVolumeSpec !== undefined && source.persistentVolumeName !== undefined) {
      const message = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
      errors.push(forbiddenField("spec.source", message));
    }
    return errors;
  },
  validateUpdate: (attachment, old) => immutable(attachment.spec, old.spec, "spec"),
  columns: [
    nameColumn,
    {
      ...textColumn<VolumeAttachment>(
        "Attacher",
        "The CSI driver that handles attaching.",
        ({ spec }) => spec?.attacher ?? "",
      ),
      format: "name",
    },
    textColumn<VolumeAttachment>(
      "PV",
      "The name of the persistent volume to attach.",
      ({ spec }) => spec?.source?.persistentVolumeName ?? "",
    ),
    textColumn<VolumeAttachment>(
      "Node",
      "The node that the volume should be attached to.",
      ({ spec }) => spec?.nodeName ?? "",
    ),
    booleanColumn<VolumeAttachment>(
      "Attached",
      "Whether the volume is successfully attached.",
      ({ status }) => status?.attached ?? false,
    ),
    ageColumn,
  ],
});
