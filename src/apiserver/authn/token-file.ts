import { readFile } from "node:fs/promises";
import { errorMessage } from "../../base/assert.ts";
import { ConfigurationFileError } from "../configuration/parse-file.ts";
import type { StaticToken } from "./static-token.ts";

/** Reads `--token-auth-file`: a line `token,user,uid,"group1,group2"` each. @throws ConfigurationFileError */
export async function readTokenFile(file: string): Promise<StaticToken[]> {
  try {
    return parseTokenFile(await readFile(file, "utf8"), file);
  } catch (error) {
    if (error instanceof ConfigurationFileError) throw error;
    throw new ConfigurationFileError(`token-auth-file: cannot read ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

/** A later line of the same token counts. @throws ConfigurationFileError */
export function parseTokenFile(text: string, file: string): StaticToken[] {
  const found = new Map<string, StaticToken>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fields = csvFields(line);
    const where = `${file}, line ${index + 1}`;
    if (fields === undefined) throw new ConfigurationFileError(`token-auth-file: ${where}: a quote is not closed`);
    if (fields.length < 3) {
      throw new ConfigurationFileError(
        `token-auth-file: ${where} must have at least 3 columns (token, user name, user uid), found ${fields.length}`,
      );
    }
    const [token = "", name = "", uid = "", groups = ""] = fields;
    // Such a line could be anybody's: upstream leaves it out.
    if (token === "") continue;
    const user = { name, ...(uid === "" ? {} : { uid }), groups: groups === "" ? [] : groups.split(",") };
    found.set(token, { token, user });
  }
  return [...found.values()];
}

/** One line of CSV, its fields trimmed; undefined when a quote stays open. */
function csvFields(line: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    rest = rest.trimStart();
    const quoted = /^"((?:[^"]|"")*)"\s*(,|$)/.exec(rest);
    if (quoted === null && rest.startsWith('"')) return undefined;
    const plain = quoted ?? /^([^,]*)(,|$)/.exec(rest)!;
    const field = plain[1] ?? "";
    fields.push(quoted === null ? field.trim() : field.replaceAll('""', '"'));
    if (plain[2] !== ",") return fields;
    rest = rest.slice(plain[0].length);
  }
}
