/**
 * Protobuf protocols written down as text, one message a line: `Message: number name type, …`, where a type may be `[]type`
 * (repeated) or `map` (string to string). On the wire only numbers count. gRPC clients load the descriptor that comes of it.
 */
export type ProtoDescriptor = Record<string, unknown>;

export interface ProtoText {
  /** Package, e.g. `runtime.v1`. */
  readonly package: string;
  readonly messages: string;
  /** `Name: VALUE VALUE …`; values count from 0. */
  readonly enums?: string;
  /** By service name: `Method Request Response` a line, where `stream:` before a type marks a stream. */
  readonly services: Readonly<Record<string, string>>;
}

/** The protocol as a JSON descriptor for protobufjs. */
export function protoDescriptor(text: ProtoText): ProtoDescriptor {
  const nested: ProtoDescriptor = {
    ...Object.fromEntries(lines(text.messages).map(message)),
    ...Object.fromEntries(lines(text.enums ?? "").map(enumeration)),
    ...Object.fromEntries(Object.entries(text.services).map(([name, methods]) => [name, service(methods)])),
  };
  return text.package
    .split(".")
    .reverse()
    .reduce<ProtoDescriptor>((inner, name) => ({ nested: { [name]: inner } }), { nested });
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

function message(line: string): [string, ProtoDescriptor] {
  const [name, list] = split(line);
  const fields: ProtoDescriptor = {};
  for (const entry of list.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const [number, field, type] = entry.split(" ") as [string, string, string];
    const id = Number(number);
    if (type === "map") fields[field] = { keyType: "string", type: "string", id };
    else if (type.startsWith("[]")) fields[field] = { rule: "repeated", type: type.slice(2), id };
    else fields[field] = { type, id };
  }
  return [name, { fields }];
}

function enumeration(line: string): [string, ProtoDescriptor] {
  const [name, list] = split(line);
  const values = list.trim().split(" ");
  return [name, { values: Object.fromEntries(values.map((value, index) => [value, index])) }];
}

function service(text: string): ProtoDescriptor {
  const methods = lines(text).map((line) => {
    const [name, request, response] = line.split(" ") as [string, string, string];
    const method: ProtoDescriptor = { requestType: withoutMark(request), responseType: withoutMark(response) };
    if (request !== method.requestType) method.requestStream = true;
    if (response !== method.responseType) method.responseStream = true;
    return [name, method];
  });
  return { methods: Object.fromEntries(methods) };
}

function withoutMark(type: string): string {
  return type.replace(/^stream:/, "");
}

function split(line: string): [string, string] {
  const at = line.indexOf(":");
  return [line.slice(0, at), line.slice(at + 1)];
}
