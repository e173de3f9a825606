/** A number as Go prints it with %v: as a float with an exponent from a million on. */
export function goNumber(value: number, isFloat = !Number.isInteger(value)): string {
  if (!isFloat) return value.toFixed(0);
  const [digits = "0", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
