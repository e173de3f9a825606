import { type JsonCursor, writeVarint } from "./json-cursor.ts";

/** Where the digits of `"2006-01-02T15:04:05Z"` stand, the quote counted. */
const LENGTH = 22;
const SHAPE = Buffer.from('"0000-00-00T00:00:00Z"');
const DIGIT = 0x30;

/** Seconds since the epoch of the time at the cursor, as the server writes it; undefined for other spellings. Stays there. */
export function secondsAt({ input, at }: JsonCursor): number | undefined {
  for (let index = 0; index < LENGTH; index++) {
    const byte = input[at + index]!;
    const wanted = SHAPE[index]!;
    if (wanted === DIGIT ? byte < DIGIT || byte > 0x39 : byte !== wanted) return undefined;
  }
  const two = (index: number): number => (input[at + index]! - DIGIT) * 10 + input[at + index + 1]! - DIGIT;
  const month = two(6);
  const day = two(9);
  const [hours, minutes, seconds] = [two(12), two(15), two(18)];
  if (month < 1 || month > 12 || day < 1 || hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const year = two(1) * 100 + two(3);
  const days = daysSinceEpoch(year, month, day);
  // Few days are behind the 28th: these are checked where errors are told.
  if (days < 0 || (day > 28 && days >= daysSinceEpoch(month < 12 ? year : year + 1, (month % 12) + 1, 1)))
    return undefined;
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}

/** Years begin in March here, so that the leap day is the last one. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    shifted * 365 +
    Math.floor(shifted / 4) -
    Math.floor(shifted / 100) +
    Math.floor(shifted / 400) +
    dayOfYear -
    719_468
  );
}

/** google.protobuf.Timestamp of whole seconds, with its length. */
export function writeSeconds(cursor: JsonCursor, seconds: number): void {
  const { output } = cursor;
  const start = cursor.to++;
  output[cursor.to++] = 0x08;
  writeVarint(cursor, seconds);
  output[cursor.to++] = 0x10;
  output[cursor.to++] = 0;
  output[start] = cursor.to - start - 1;
  cursor.at += LENGTH;
}
