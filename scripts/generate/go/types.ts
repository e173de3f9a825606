import { readSections, type Section } from "./elf.ts";

/** A type of a Go program, from the metadata that the Go runtime keeps for reflection (abi.Type). */
export interface GoType {
  readonly kind: GoKind;
  /** As Go's reflect prints it, e.g. `v1.PodSpec` or `[]v1.Container`. */
  readonly text: string;
  /** Name without package for named types, else empty. */
  readonly name: string;
  /** Import path; empty for unnamed and predeclared types. */
  package: string;
  /** In bytes. */
  readonly size: number;
  /** Of pointers, slices and maps. */
  element?: GoType;
  /** Of maps. */
  key?: GoType;
  /** Of structs. */
  fields?: readonly GoField[];
}

export interface GoField {
  readonly name: string;
  readonly tag: string;
  readonly embedded: boolean;
  readonly type: GoType;
}

export type GoKind = "boolean" | "integer" | "float" | "string" | "pointer" | "slice" | "map" | "struct" | "other";

const pointer = 22;
const slice = 23;
const map = 21;
const struct = 25;

/** Sizes of abi.Type and of what follows it per kind, up to the uncommon type (Go 1.26, 64 bit). */
const typeSize = 48;
const uncommonOffset: Readonly<Record<number, number>> = { [pointer]: 56, [slice]: 56, [struct]: 80 };
const flagUncommon = 1;
const flagExtraStar = 2;
const flagNamed = 4;

/**
 * Reads all types that the program's typelinks reach.
 *
 * @param file an executable that Go 1.26 built for 64-bit Linux
 * @throws Error when the layout is not the expected one
 */
export function readGoTypes(file: Buffer): GoType[] {
  const sections = readSections(file);
  const data = required(sections, ".rodata");
  const links = required(sections, ".typelink");
  checkTypesStart(file, required(sections, ".go.module"), data);
  const reader = new TypeReader(file, data);
  for (let offset = links.offset; offset < links.offset + links.size; offset += 4) {
    reader.read(data.address + file.readInt32LE(offset));
  }
  return reader.types;
}

function required(sections: ReadonlyMap<string, Section>, name: string): Section {
  const section = sections.get(name);
  if (section === undefined) throw new Error(`the executable has no section ${name}: was it built by Go 1.26?`);
  return section;
}

/** The runtime's module data holds where the types start and end; everything below takes the start of .rodata for it. */
function checkTypesStart(file: Buffer, moduleData: Section, data: Section): void {
  for (let offset = moduleData.offset; offset + 16 <= moduleData.offset + moduleData.size; offset += 8) {
    const end = Number(file.readBigUInt64LE(offset + 8));
    if (Number(file.readBigUInt64LE(offset)) === data.address && end > data.address && end <= data.address + data.size)
      return;
  }
  throw new Error("Go types do not start at .rodata: the executable's layout has changed");
}

class TypeReader {
  readonly types: GoType[] = [];
  readonly #file: Buffer;
  readonly #data: Section;
  readonly #byAddress = new Map<number, GoType>();

  constructor(file: Buffer, data: Section) {
    this.#file = file;
    this.#data = data;
  }

  read(address: number): GoType {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const start = this.#offset(address);
    const flags = this.#file[start + 20]!;
    const kind = this.#file[start + 23]! & 31;
    const text = this.#name(this.#data.address + this.#file.readInt32LE(start + 40)).text;
    const plain = (flags & flagExtraStar) === 0 ? text : text.slice(1);
    const named = (flags & flagNamed) !== 0;
    const name = named ? plain.slice(plain.lastIndexOf(".") + 1) : "";
    const type: GoType = { kind: kindName(kind), text: plain, name, package: "", size: this.#pointer(start) };
    this.#byAddress.set(address, type);
    this.types.push(type);
    if (kind === pointer || kind === slice) type.element = this.read(this.#pointer(start + typeSize));
    if (kind === map) {
      type.key = this.read(this.#pointer(start + typeSize));
      type.element = this.read(this.#pointer(start + typeSize + 8));
    }
    if (kind === struct) type.fields = this.#fields(start);
    const uncommon = uncommonOffset[kind];
    if ((flags & flagUncommon) !== 0 && uncommon !== undefined) {
      const path = this.#file.readInt32LE(start + uncommon);
      if (path !== 0) type.package = this.#name(this.#data.address + path).text;
    }
    return type;
  }

  #fields(start: number): GoField[] {
    const first = this.#offset(this.#pointer(start + typeSize + 8));
    const count = this.#pointer(start + typeSize + 16);
    return Array.from({ length: count }, (_, index) => {
      const field = first + index * 24;
      const { text: name, tag, embedded } = this.#name(this.#pointer(field));
      return { name, tag, embedded, type: this.read(this.#pointer(field + 8)) };
    });
  }

  /** abi.Name: a flag byte, then length-prefixed name and tag. */
  #name(address: number): { text: string; tag: string; embedded: boolean } {
    let position = this.#offset(address);
    const flags = this.#file[position++]!;
    const text = (): string => {
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = this.#file[position++]!;
        length |= (byte & 127) << shift;
        if (byte < 128) break;
      }
      position += length;
      return this.#file.toString("utf8", position - length, position);
    };
    const name = text();
    return { text: name, tag: (flags & 2) === 0 ? "" : text(), embedded: (flags & 8) !== 0 };
  }

  #pointer(offset: number): number {
    return Number(this.#file.readBigUInt64LE(offset));
  }

  #offset(address: number): number {
    const offset = address - this.#data.address;
    if (offset < 0 || offset >= this.#data.size) {
      throw new Error(`Go type metadata points to ${address.toString(16)}, outside .rodata: the layout has changed`);
    }
    return this.#data.offset + offset;
  }
}

function kindName(kind: number): GoKind {
  if (kind === 1) return "boolean";
  if (kind >= 2 && kind <= 12) return "integer";
  if (kind === 13 || kind === 14) return "float";
  switch (kind) {
    case 24:
      return "string";
    case pointer:
      return "pointer";
    case slice:
      return "slice";
    case map:
      return "map";
    case struct:
      return "struct";
    default:
      return "other";
  }
}
