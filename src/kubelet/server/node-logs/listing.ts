const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** A page that links to what is in a directory; names of directories end with a slash. As Go's file server writes it. Pure. */
export function listing(names: readonly string[]): string {
  const lines = [...names].sort().map((name) => `<a href="${hrefOf(name)}">${escaped(name)}</a>\n`);
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join("")}</pre>\n`;
}

/** Relative, also where the name has a colon in it, which would be a scheme otherwise. */
function hrefOf(name: string): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return name.includes(":") ? `./${path}` : path;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
