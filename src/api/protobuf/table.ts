import { apiVersionOf } from "../meta.ts";
import type { Definition, Field, Schema } from "../schema.ts";
import type { Element } from "./element.ts";
import { type MessageOfKind, readEnvelope } from "./envelope.ts";
import { jsonElement, schemaOrArray, schemaOrBool, schemaOrStringArray } from "./json-values.ts";
import type { Message, MessageField, ValueField } from "./message.ts";
import { messageElement } from "./message-element.ts";
import { scalarElement } from "./scalars.ts";
import { microTime, time } from "./time.ts";
import { intOrString, quantity, stringList } from "./wrapped.ts";

const schemaProps = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** Compiles definitions to messages, each at its first use. */
export interface MessageTable {
  /** @throws Error when there is no such definition */
  message(definition: string): Message;
  ofKind: MessageOfKind;
}

/** What clients send and read in every group, also in groups that the schema does not know. */
const kindsOfAllGroups: ReadonlyMap<string, string> = new Map(
  ["DeleteOptions", "WatchEvent"].map((kind) => [kind, `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`]),
);

export function createMessageTable(schema: Schema): MessageTable {
  const known = { ...schema.definitions, ...olderMetadata(schema) };
  const definitions = new Map<string, string>();
  for (const [name, definition] of Object.entries(known)) {
    if (!hasProtobufForm(definition)) continue;
    for (const each of definition.kinds ?? []) definitions.set(`${apiVersionOf(each)}/${each.kind}`, name);
  }
  const messages = new Map<string, Message>();
  const elements = new Map<string, Element>();

  const message = (name: string): Message => {
    let compiled = messages.get(name);
    if (compiled === undefined) {
      const definition = known[name];
      if (definition === undefined) throw new Error(`there is no definition ${name} in the schema`);
      compiled = compile(definition, elementOf);
      messages.set(name, compiled);
    }
    return compiled;
  };
  const ofKind: MessageOfKind = (apiVersion, kind) => {
    const definition = definitions.get(`${apiVersion}/${kind}`) ?? kindsOfAllGroups.get(kind);
    return definition === undefined ? undefined : message(definition);
  };
  const elementOf = (field: Field): Element => {
    if (field.ref === undefined) return scalarElement(field);
    let element = elements.get(field.ref);
    if (element === undefined) {
      element = refElement(field.ref);
      elements.set(field.ref, element);
    }
    return element;
  };
  const schemaElement = messageElement(() => message(schemaProps));
  const refElement = (ref: string): Element => {
    switch (schema.definitions[ref]?.special) {
      case undefined:
        return messageElement(() => message(ref));
      case "quantity":
        return quantity;
      case "intOrString":
        return intOrString;
      case "time":
        return time;
      case "microTime":
        return microTime;
      case "extraValue":
      case "verbs":
        return stringList;
      case "jsonSchemaPropsOrArray":
        return schemaOrArray(schemaElement);
      case "jsonSchemaPropsOrBool":
        return schemaOrBool(schemaElement);
      case "jsonSchemaPropsOrStringArray":
        return schemaOrStringArray(schemaElement);
      case "raw":
        return jsonElement((bytes, depth) => readEnvelope(bytes, ofKind, { depth }).object);
      case "fieldsV1":
      case "json":
        return jsonElement();
    }
  };
  return { message, ofKind };
}

const META = "io.k8s.apimachinery.pkg.apis.meta";

/** meta.k8s.io/v1beta1 has the same metadata of objects; its list numbers the same fields the other way round. */
function olderMetadata({ definitions }: Schema): Record<string, Definition> {
  const object = definitions[`${META}.v1.PartialObjectMetadata`];
  const list = definitions[`${META}.v1.PartialObjectMetadataList`];
  const { metadata, items } = list?.fields ?? {};
  if (object === undefined || metadata === undefined || items === undefined) return {};
  const kindOf = (kind: string) => [{ group: "meta.k8s.io", version: "v1beta1", kind }];
  const fields = { metadata: { ...metadata, number: 2 }, items: { ...items, number: 1 } };
  return {
    [`${META}.v1beta1.PartialObjectMetadata`]: { ...object, kinds: kindOf("PartialObjectMetadata") },
    [`${META}.v1beta1.PartialObjectMetadataList`]: { fields, kinds: kindOf("PartialObjectMetadataList") },
  };
}

/** Some kinds are JSON only, such as Table: none of their fields has a number. */
function hasProtobufForm(definition: Definition): boolean {
  const own = Object.entries(definition.fields).filter(([name]) => name !== "kind" && name !== "apiVersion");
  return own.length === 0 || own.some(([, { number }]) => number !== undefined);
}

/** A tree of the fields by their place on the wire, which differs from JSON where structs are inlined. */
interface Node {
  readonly values: ValueField[];
  readonly inlined: Map<number, Node>;
}

function compile(definition: Definition, elementOf: (field: Field) => Element): Message {
  const root: Node = { values: [], inlined: new Map() };
  for (const [name, field] of Object.entries(definition.fields)) {
    if (field.number === undefined) continue;
    let node = root;
    for (const number of field.inside ?? []) {
      const inner = node.inlined.get(number) ?? { values: [], inlined: new Map() };
      node.inlined.set(number, inner);
      node = inner;
    }
    const dropZero = !field.pointer && !field.keepEmpty;
    const { container, number } = field;
    node.values.push({ number, name, element: elementOf(field), ...(container && { container }), dropZero });
  }
  return toMessage(root);
}

function toMessage(node: Node): Message {
  const inlined = [...node.inlined].map(([number, inner]) => ({ number, inline: toMessage(inner) }));
  const fields: MessageField[] = [...node.values, ...inlined].sort((a, b) => b.number - a.number);
  return { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
}
