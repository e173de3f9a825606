/** A stream that is not newline-separated JSON, or ends within a line, or has a line that is too long. */
class JsonLinesError extends Error {
  override name = "JsonLinesError";
}

/** A stream of newline-separated JSON values as parsed values; never holds more than one line of at most `maximumBytes`. */
export async function* parseJsonLines(
  chunks: AsyncIterable<Buffer>,
  maximumBytes: number,
): AsyncGenerator<unknown, void, undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      parts = [];
      size = 0;
      from = end + 1;
      if (line.length > 0) yield parse(line);
    }
    if (from === chunk.length) continue;
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maximumBytes) throw new JsonLinesError(`a watch event is larger than ${maximumBytes} bytes`);
  }
  const rest = Buffer.concat(parts);
  if (rest.length > 0 && rest.toString().trim() !== "")
    throw new JsonLinesError("the stream ended within a watch event");
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch (error) {
    throw new JsonLinesError(`a watch event is not JSON: ${line.subarray(0, 100).toString()}`, { cause: error });
  }
}
