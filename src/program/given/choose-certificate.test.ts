import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import { createTestAuthority } from "../../base/testing/certificates.ts";
import { type Certificates, chooseCertificate, type Named, namesIn } from "./choose-certificate.ts";

const authority = createTestAuthority();

const certificate = (commonName: string, inIt: readonly string[], names: readonly string[] = []): Named => ({
  leaf: new X509Certificate(authority.issueFor(commonName, inIt).cert),
  names,
});

const own = certificate("own", ["kubernetes", "boat"]);

function chosen(rest: Partial<Certificates<Named>>) {
  const choice = chooseCertificate({ own, ownNames: ["kubernetes"], named: [], ...rest });
  const nameOf = (one: Named): string => namesIn(one.leaf)[0]!;
  return {
    name: (asked: string) => nameOf(choice.byName(asked)),
    address: (to: string) => nameOf(choice.byAddress(to)),
  };
}

describe("which certificate is shown", () => {
  test("the cluster's own where nothing was given", () => {
    const { name, address } = chosen({});
    for (const asked of ["kubernetes", "boat", "elsewhere.example.com"]) assert.equal(name(asked), "own");
    assert.equal(address("127.0.0.1"), "own");
  });

  test("the general one to names, and never to who knows the cluster's authority alone", () => {
    const general = certificate("general", ["api.example.com", "kubernetes"]);
    const { name, address } = chosen({ general });
    for (const asked of ["api.example.com", "API.example.com.", "elsewhere.example.com"]) {
      assert.equal(name(asked), "general", asked);
    }
    assert.equal(name("kubernetes"), "own");
    assert.equal(name("boat"), "own", "only the cluster's own one is good for it");
    assert.equal(address("127.0.0.1"), "own");
  });

  test("names that were said over names in certificates, whole ones over wildcards, earlier ones over later ones", () => {
    const named = [
      certificate("first", ["a.example.com", "b.example.com"]),
      certificate("second", ["a.example.com", "*.example.com"]),
      certificate("said", ["else"], ["b.example.com", "*.example.org", "kubernetes", "192.0.2.1"]),
      certificate("late", ["else"], ["b.example.com"]),
    ];
    const { name, address } = chosen({ named });
    assert.equal(name("a.example.com"), "first");
    assert.equal(name("b.example.com"), "said");
    assert.equal(name("c.example.com"), "second");
    assert.equal(name("c.example.org"), "said");
    assert.equal(name("c.d.example.org"), "own", "a wildcard is one label");
    assert.equal(name("kubernetes"), "said", "what was said counts, whosever the name is");
    assert.equal(address("192.0.2.1"), "said");
    assert.equal(address("192.0.2.2"), "own");
  });

  test("the first that is good for a name that none was given for", () => {
    const named = [certificate("one", ["good.example.com"], ["said.example.com"])];
    const { name } = chosen({ named, general: certificate("general", ["api.example.com"]) });
    assert.equal(name("good.example.com"), "one");
  });

  test("a common name is one of the names, unless it is none, or an address", () => {
    const names = (commonName: string) => namesIn(certificate(commonName, ["B.example.com"]).leaf);
    assert.deepEqual(names("a.example.com"), ["a.example.com", "b.example.com"]);
    assert.deepEqual(names("*.example.com"), ["*.example.com", "b.example.com"]);
    assert.deepEqual(names("192.0.2.1"), ["b.example.com"]);
    assert.deepEqual(names("The API server"), ["b.example.com"]);
  });
});
