/** Whether an image that names no pull policy is always pulled: its tag is `latest`, or it has neither tag nor digest. */
export function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  return tagOf(image ?? "") === "latest" ? "Always" : "IfNotPresent";
}

/** The tag; `latest` for a name without tag and digest, empty for a name that is pinned by digest alone. */
function tagOf(image: string): string {
  const [name = "", digest] = image.split("@", 2);
  const colon = name.lastIndexOf(":");
  const tag = colon > name.lastIndexOf("/") ? name.slice(colon + 1) : "";
  if (tag !== "") return tag;
  return digest === undefined && image !== "" ? "latest" : "";
}
