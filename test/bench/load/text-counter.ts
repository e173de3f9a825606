/** Counts how often a text occurs in a stream, also where chunks cut it in two. */
export function textCounter(text: string): (chunk: Buffer) => number {
  const overlap = text.length - 1;
  let tail = "";
  return (chunk) => {
    let count = occurrences(chunk, text);
    if (overlap === 0) return count;
    // Each side is shorter than the text: what is found here lies across the cut.
    if ((tail + chunk.toString("latin1", 0, overlap)).includes(text)) count++;
    tail = (tail + chunk.toString("latin1", Math.max(0, chunk.length - overlap))).slice(-overlap);
    return count;
  };
}

function occurrences(chunk: Buffer, text: string): number {
  let count = 0;
  for (let at = chunk.indexOf(text); at >= 0; at = chunk.indexOf(text, at + text.length)) count++;
  return count;
}
