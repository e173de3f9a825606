import assert from "node:assert/strict";
import { test } from "node:test";
import { featuresOff } from "./feature-gates.ts";

test("what may be switched off is, and to say what holds anyway is no error", () => {
  const off = featuresOff(["WatchList=false", " APIServerIdentity = F ", "ComponentFlagz=true", "OpenAPIEnums=1"]);
  assert.deepEqual([...off], ["WatchList", "APIServerIdentity"]);
  assert.deepEqual([...featuresOff(["CRDValidationRatcheting=true", "AllAlpha=false", "CBORServingAndStorage=0"])], []);
  assert.deepEqual([...featuresOff(["WatchList=false", "WatchList=true"])], []);
});

const cases: [pair: string, message: string][] = [
  ["NoSuchThing=true", "unrecognized feature gate: NoSuchThing"],
  ["watchlist=true", "unrecognized feature gate: watchlist"],
  ["WatchList", "missing bool value for WatchList"],
  ["WatchList=no", 'invalid value of WatchList=no, err: strconv.ParseBool: parsing "no": invalid syntax'],
  [
    "CRDValidationRatcheting=false",
    "cannot set feature gate CRDValidationRatcheting to false, feature is locked to true",
  ],
  ["OpenAPIEnums=false", "cannot set feature gate OpenAPIEnums to false: it cannot be switched off here"],
  ["AllBeta=true", "cannot set feature gate AllBeta to true: it is not there"],
];
for (const [pair, message] of cases) {
  test(`refused: ${pair}`, () => {
    assert.throws(() => featuresOff([pair]), { message });
  });
}
