import {
  type Annotations,
  annotationEntries,
  annotationsField,
  bytesField,
  decodeMessage,
  encodeMessage,
  numberField,
} from "./messages.ts";

/** What is stored of a value whose key a service keeps (kmsv2 EncryptedObject): the value, and its key in encrypted form. */
export interface EncryptedObject {
  readonly data: Buffer;
  readonly keyId: string;
  readonly encryptedKey: Buffer;
  readonly annotations: Annotations;
  readonly keyType: KeyType;
}

/** What the encrypted key is: a plain AES key (before Kubernetes 1.28), or a seed that keys are derived from. */
export type KeyType = 0 | 1;
const PLAIN_KEY: KeyType = 0;
export const SEED: KeyType = 1;

const KEY_ID_BYTES_MAX = 1024;
const ENCRYPTED_KEY_BYTES_MAX = 1024;
const ANNOTATION_BYTES_MAX = 32 * 1024;
const DOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/;

export function encodeEncryptedObject(object: EncryptedObject): Buffer {
  return encodeMessage([
    [1, object.data],
    [2, object.keyId],
    [3, object.encryptedKey],
    ...annotationEntries(4, object.annotations),
    [5, object.keyType],
  ]);
}

/** @throws Error that says what is wrong with the bytes */
export function decodeEncryptedObject(bytes: Buffer): EncryptedObject {
  const fields = decodeMessage(bytes);
  const keyType = numberField(fields, 5);
  if (keyType !== PLAIN_KEY && keyType !== SEED) throw new Error(`unknown encryptedDEKSourceType: ${keyType}`);
  const object: EncryptedObject = {
    data: bytesField(fields, 1),
    keyId: bytesField(fields, 2).toString(),
    encryptedKey: bytesField(fields, 3),
    annotations: annotationsField(fields, 4),
    keyType,
  };
  if (object.data.length === 0) throw new Error("encrypted data is empty");
  checkEncryptedKey(object);
  return object;
}

/** Bounds of what a service may answer. @throws Error */
export function checkEncryptedKey(of: Pick<EncryptedObject, "keyId" | "encryptedKey" | "annotations">): void {
  const sized = (what: string, length: number, max: number): void => {
    if (length === 0) throw new Error(`failed to validate ${what}: ${what} is empty`);
    if (length > max)
      throw new Error(`failed to validate ${what}: ${what} is ${length} bytes, which exceeds the max size of ${max}`);
  };
  sized("encrypted DEK source", of.encryptedKey.length, ENCRYPTED_KEY_BYTES_MAX);
  sized("key id", Buffer.byteLength(of.keyId), KEY_ID_BYTES_MAX);
  let total = 0;
  for (const [name, value] of of.annotations) {
    if (!DOMAIN.test(name))
      throw new Error(`failed to validate annotations: "${name}" should be a fully qualified domain name`);
    total += Buffer.byteLength(name) + value.length;
  }
  if (total > ANNOTATION_BYTES_MAX) {
    throw new Error(`total size of annotations is ${total}, which exceeds the max size of ${ANNOTATION_BYTES_MAX}`);
  }
}
