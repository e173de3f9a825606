/**
 * How the API reads a boolean in a query (upstream: Convert_Slice_string_To_bool): true when it is there, whatever it says, but for
 * `false`, in any case as Python writes it, and `0`.
 */
export function queryFlag(value: string | null): boolean {
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}
