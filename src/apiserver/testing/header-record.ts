import type { HeaderList } from "../http/sink.ts";

/** The headers of an answer by their names: a text, or all of them where a name comes more than once. */
export function headerRecord(list: HeaderList): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index < list.length; index += 2) {
    const [name, value] = [list[index]!, list[index + 1]!];
    const known = headers[name];
    headers[name] = known === undefined && name !== "warning" ? value : [known ?? [], value].flat();
  }
  return headers;
}
