const DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = `(?:${DOMAIN}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`;
const TAG = "[\\w][\\w.-]{0,127}";
const DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const REFERENCE = new RegExp(`^(${NAME})(?::(${TAG}))?(?:@(${DIGEST}))?$`);

/** An image's name with a tag or digest: `latest` is added where neither is named. @throws Error in upstream's words */
export function applyDefaultImageTag(image: string): string {
  const problem = referenceProblem(image);
  if (problem !== undefined) throw new Error(`couldn't parse image name "${image}": ${problem}`);
  const [, , tag, digest] = REFERENCE.exec(image)!;
  return tag === undefined && digest === undefined ? `${image}:latest` : image;
}

function referenceProblem(image: string): string | undefined {
  const match = REFERENCE.exec(image);
  if (match === null) {
    const lower = image.toLowerCase();
    if (image === "") return "repository name must have at least one component";
    if (lower !== image && REFERENCE.test(lower)) return "invalid reference format: repository name must be lowercase";
    return "invalid reference format";
  }
  return match[1]!.length > 255 ? "repository name must not be more than 255 characters" : undefined;
}

/** The registry and repository that credentials are matched with: docker.io's names in full. */
export function repositoryOf(image: string): { registry: string; repository: string } {
  const name = REFERENCE.exec(image)?.[1] ?? image;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(0, slash));
  const hasRegistry = slash > 0 && (/[.:]/.test(first) || first === "localhost");
  if (!hasRegistry) return { registry: "docker.io", repository: slash < 0 ? `library/${name}` : name };
  return { registry: first === "index.docker.io" ? "docker.io" : first, repository: name.slice(slash + 1) };
}
