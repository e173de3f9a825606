import type { ApiObject, ResourceReference } from "../../../api/meta.ts";
import type { GroupVersionKind, Schema } from "../../../api/schema.ts";

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** Objects in every group and version that serves them. */
export interface ResourceVersions {
  /** The same objects under other groups and versions; the given one is left out. */
  equivalents(of: GroupVersionResource): readonly GroupVersionResource[];
  /** The kind of what a subresource takes, or of the resource itself. Undefined when it is not served. */
  kindOf(of: GroupVersionResource, subresource: string): GroupVersionKind | undefined;
  /** The resource whose objects are of that kind. Undefined when none is served. */
  resourceOf(kind: GroupVersionKind): ResourceReference | undefined;
  /** How objects of the resource merge. Undefined when it is not served. */
  definitionOf(of: GroupVersionResource): { readonly schema: Schema; readonly definition: string } | undefined;
  /** The object as another version shows it; the same one when it is in that version. @throws StatusError */
  convert(object: ApiObject, from: GroupVersionResource, to: GroupVersionResource): Promise<ApiObject>;
  /**
   * What somebody made of an object, as its type holds it: unknown fields dropped, defaults filled in.
   * @throws StatusError, TypeMismatchError
   */
  complete(object: ApiObject, of: GroupVersionResource): ApiObject;
}
