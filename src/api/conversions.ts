import { autoscalerFromStored, autoscalerToStored } from "./autoscaling/convert-autoscaler.ts";
import { fromCoreEvent, toCoreEvent } from "./events/convert-event.ts";
import type { ApiObject } from "./meta.ts";
import {
  claimFromStored,
  claimToStored,
  sliceFromStored,
  sliceToStored,
  templateFromStored,
  templateToStored,
} from "./resource/convert-v1beta1.ts";

/** One version of a built-in resource and the stored one. Neither function changes what it is given. */
export interface VersionConversion {
  toStored(object: ApiObject): ApiObject;
  fromStored(object: ApiObject): ApiObject;
}

export interface ResourceConversions {
  /** Where objects are stored when that is another group's resource, in its first version. */
  readonly storedIn?: { readonly group: string; readonly resource: string };
  /** By version; versions of the same shape, which differ in apiVersion only, need none. */
  readonly versions: Readonly<Record<string, VersionConversion>>;
}

/** How versions of built-in resources become the stored one (the first in the schema) and come back, by `group/resource`. */
export const conversions: Readonly<Record<string, ResourceConversions>> = {
  "autoscaling/horizontalpodautoscalers": {
    versions: { v1: convert({ toStored: autoscalerToStored, fromStored: autoscalerFromStored }) },
  },
  "events.k8s.io/events": {
    storedIn: { group: "", resource: "events" },
    versions: { v1: convert({ toStored: toCoreEvent, fromStored: fromCoreEvent }) },
  },
  "resource.k8s.io/resourceclaims": {
    versions: { v1beta1: convert({ toStored: claimToStored, fromStored: claimFromStored }) },
  },
  "resource.k8s.io/resourceclaimtemplates": {
    versions: { v1beta1: convert({ toStored: templateToStored, fromStored: templateFromStored }) },
  },
  "resource.k8s.io/resourceslices": {
    versions: { v1beta1: convert({ toStored: sliceToStored, fromStored: sliceFromStored }) },
  },
};

/** Keeps the functions' own types while one table holds them all. */
export function convert<Served extends ApiObject, Stored extends ApiObject>(conversion: {
  toStored(object: Served): Stored;
  fromStored(object: Stored): Served;
}): VersionConversion {
  return conversion as unknown as VersionConversion;
}
