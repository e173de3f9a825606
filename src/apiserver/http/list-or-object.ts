import { goPackage } from "../../api/go-package.ts";
import { parseApiVersion } from "../../api/meta.ts";
import { listKindOf } from "../../api/schema.ts";
import { failure, type StatusError } from "../../api/status.ts";
import type { ListAnswer, ObjectAnswer } from "../exchange.ts";
import type { Format } from "./negotiate.ts";

/** What to say to who asks for the metadata of a list and gets an object, or the other way round; in upstream's words. */
export function wrongMetadata(answer: ObjectAnswer | ListAnswer, { as, asList }: Format): StatusError | undefined {
  if (as !== "metadata" || asList === undefined || asList === (answer.kind === "list")) return undefined;
  const [asked, is] = asList ? ["PartialObjectMetadataList", "not a list"] : ["PartialObjectMetadata", "a list"];
  const message = `you requested ${asked}, but the requested object is ${is} (*${typeName(answer)})`;
  return failure(406, "NotAcceptable", message);
}

function typeName(answer: ObjectAnswer | ListAnswer): string {
  const isList = answer.kind === "list";
  if (answer.resource?.custom !== undefined)
    return isList ? "unstructured.UnstructuredList" : "unstructured.Unstructured";
  const { group, kind } = isList
    ? { group: answer.resource.schema.group, kind: listKindOf(answer.resource.schema) }
    : { group: parseApiVersion(answer.object.apiVersion ?? "").group, kind: answer.object.kind };
  return `${goPackage(group)}.${kind}`;
}
