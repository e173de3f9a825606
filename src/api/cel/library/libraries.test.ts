import assert from "node:assert/strict";
import { test } from "node:test";
import type { CelAuthorizationRequest, CelAuthorizer, CelType } from "../cel.ts";
import { CelEvaluationError } from "../cel.ts";
import { loadCel } from "../load-cel.ts";

const cel = await loadCel();
const asked: CelAuthorizationRequest[] = [];
const authorizer: CelAuthorizer = {
  check(request) {
    asked.push(request);
    return request.verb === "get"
      ? { allowed: true, reason: "by rule" }
      : { allowed: false, reason: "", error: "broken" };
  },
};

function evaluate(expression: string): unknown {
  const variables: Record<string, CelType> = {
    authorizer: { kind: "authorizer" },
    "authorizer.requestResource": { kind: "authorizerResource" },
  };
  const requestResource = { authorizer, request: { group: "", resource: "pods", name: "p" } };
  const values = { authorizer, "authorizer.requestResource": requestResource };
  return cel.compile(expression, { variables, mutations: true }).evaluate(values).value;
}

const tables: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
  strings: [
    ["'héllo'.charAt(1)", "é"],
    ["'tacocat'.indexOf('ac')", 1],
    ["'tacocat'.indexOf('a', 3)", 5],
    ["'tacocat'.lastIndexOf('a')", 5],
    ["'tacocat'.lastIndexOf('none')", -1],
    ["'😀b'.indexOf('b')", 1],
    ["'TacoCÆt'.lowerAscii()", "tacocÆt"],
    ["'hello'.replace('l', 'L', 1)", "heLlo"],
    ["'ab'.replace('', '-')", "-a-b-"],
    ["'a b c'.split(' ', 2)", ["a", "b c"]],
    ["'tacocat'.substring(0, 4)", "taco"],
    ["'  x\\t'.trim()", "x"],
    ["['a', 'b'].join('-')", "a-b"],
    ["strings.quote('a\"b\\n')", '"a\\"b\\n"'],
    ["'%s is %d and %.2f %x %b'.format(['a', 3, 1.5, 255, 5])", "a is 3 and 1.50 ff 101"],
    ["'%s'.format([[1, 'x', {'k': true}]])", "[1, x, {k: true}]"],
    ["'%s %s'.format([timestamp('2026-01-01T00:00:00Z'), duration('90s')])", "2026-01-01T00:00:00Z 90s"],
  ],
  lists: [
    ["[1, 2, 3].isSorted() && !['b', 'a'].isSorted()", true],
    ["[1, 2, 3].sum()", 6],
    ["[duration('1s'), duration('2s')].sum()", "3s"],
    ["[3.5, 1.5].min()", 1.5],
    ["['a', 'b'].max()", "b"],
    ["[1, 2, 2].indexOf(2) + [1, 2, 2].lastIndexOf(2)", 3],
    ["sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])", true],
  ],
  "list functions": [
    ["[1, 2, 3, 4].slice(1, 3)", [2, 3]],
    ["[[[1]], [[2, 3]]].flatten()", [[1], [2, 3]]],
    ["[[[1]], [[2, 3]]].flatten(2)", [1, 2, 3]],
    ["['b', 'a', 'c'].sort()", ["a", "b", "c"]],
    ["[{'n': 2}, {'n': 1}].sortBy(each, each.n)", [{ n: 1 }, { n: 2 }]],
    ["[1, 2, 1, 3, 2].distinct()", [1, 2, 3]],
    ["[1, 2].reverse()", [2, 1]],
    ["lists.range(3)", [0, 1, 2]],
  ],
  regex: [
    ["'abc 123'.find('[0-9]+')", "123"],
    ["'abc'.find('x')", ""],
    ["'1a2b3'.findAll('[0-9]')", ["1", "2", "3"]],
    ["'1a2b3'.findAll('[0-9]', 2)", ["1", "2"]],
  ],
  urls: [
    ["url('https://user@example.com:80/a%20b/c?k=v&k=w').getHost()", "example.com:80"],
    ["url('https://example.com:80/').getHostname()", "example.com"],
    ["url('https://[::1]:80/').getHostname()", "::1"],
    ["url('https://example.com:80/').getPort()", "80"],
    ["url('HTTPS://example.com/').getScheme()", "https"],
    ["url('https://example.com/with space/').getEscapedPath()", "/with%20space/"],
    ["url('https://example.com/?k=v%20x&k=w&e').getQuery()", { k: ["v x", "w"], e: [""] }],
    ["url('https://example.com/a?k=v#anchor').getQuery()", { k: ["v"] }],
    ["isURL('/path') && !isURL('path') && !isURL('https://a:b/')", true],
  ],
  addresses: [
    ["ip('192.168.0.1').family() + ip('::1').family()", 10],
    [
      "ip('127.0.0.1').isLoopback() && ip('169.254.1.1').isLinkLocalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()",
      true,
    ],
    ["ip('10.0.0.1').isGlobalUnicast() && !ip('::').isGlobalUnicast() && ip('::').isUnspecified()", true],
    ["string(ip('2001:DB8:0:0:0:0:0:1'))", "2001:db8::1"],
    ["ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')", true],
    ["isIP('1.2.3.4') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4') && isIP('2001:db8::1:0')", true],
    ["cidr('192.168.0.0/24').containsIP('192.168.0.7') && !cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))", true],
    ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.0.0.0/8').containsCIDR(cidr('0.0.0.0/0'))", true],
    ["string(cidr('192.168.3.7/16').masked()) + ' ' + string(cidr('::1/128').prefixLength())", "192.168.0.0/16 128"],
    ["string(cidr('192.168.3.7/16').ip())", "192.168.3.7"],
    ["isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0')", true],
    ["type(ip('1.1.1.1')) == net.IP", true],
  ],
  quantities: [
    ["quantity('1Gi').isGreaterThan(quantity('1G'))", true],
    ["quantity('50k').add(20000).asInteger()", 70000],
    ["quantity('50k').sub(quantity('20k')) == quantity('30k')", true],
    ["quantity('1.5').isInteger()", false],
    ["quantity('500m').asApproximateFloat()", 0.5],
    ["quantity('-1').sign() + quantity('1k').compareTo(quantity('1000'))", -1],
    ["isQuantity('1.3Gi') && !isQuantity('10 Mo')", true],
  ],
  semvers: [
    ["semver('1.2.3').major() + semver('1.2.3').minor() + semver('1.2.3').patch()", 6],
    [
      "semver('1.0.0-alpha').isLessThan(semver('1.0.0')) && semver('1.0.0-alpha.1').isGreaterThan(semver('1.0.0-alpha'))",
      true,
    ],
    ["semver('v1.01', true) == semver('1.1.0')", true],
    ["isSemver('1.2.3-rc.1+build') && !isSemver('v1.0.0') && isSemver('v1.0', true)", true],
    ["semver('1.2.3').compareTo(semver('1.10.0'))", -1],
  ],
  optionals: [
    ["[1, 2].first().value() + [1, 2].last().value()", 3],
    ["[].first().hasValue()", false],
    ["optional.unwrap([optional.of(1), optional.none()])", [1]],
    ["[optional.none(), optional.of('a')].unwrapOpt()", ["a"]],
    ["optional.ofNonZeroValue('').orValue('none')", "none"],
  ],
  durations: [
    ["duration('1h30m').getMinutes()", 90],
    ["duration('1.5s').getMilliseconds()", 1500],
    ["string(duration('-90m'))", "-5400s"],
  ],
  formats: [
    ["format.dns1123Label().validate('my-label').hasValue()", false],
    ["format.dns1123Label().validate('My-label').value().size() > 0", true],
    ["format.named('uuid').value().validate('x').value()", ["does not match the UUID format"]],
    ["format.named('nothing').hasValue()", false],
    ["format.dns1123LabelPrefix().validate('a-').hasValue()", false],
  ],
  mutations: [
    ["jsonpatch.escapeKey('k8s.io/my~label')", "k8s.io~1my~0label"],
    ["[JSONPatch{op: 'add', path: '/a', value: {'b': 1}}]", [{ op: "add", path: "/a", value: { b: 1 } }]],
    ["Object{spec: Object.spec{replicas: 3, ?paused: optional.none()}}", { spec: { replicas: 3 } }],
  ],
  authorizer: [
    [
      "authorizer.group('apps').resource('deployments').namespace('a').name('b').subresource('scale').check('get').allowed()",
      true,
    ],
    ["authorizer.serviceAccount('default', 'bot').path('/healthz').check('post').error()", "broken"],
    ["authorizer.path('/x').check('post').errored() && authorizer.path('/x').check('get').reason() == 'by rule'", true],
  ],
};

for (const [name, rows] of Object.entries(tables)) {
  test(`the library of ${name} gives what upstream's gives`, () => {
    for (const [expression, expected] of rows) assert.deepEqual(evaluate(expression), expected, expression);
  });
}

test("the authorizer is asked for what the expression says", () => {
  asked.length = 0;
  evaluate(
    "authorizer.group('apps').resource('deployments').namespace('a').name('b').labelSelector('x=y').check('get').allowed()",
  );
  evaluate("authorizer.serviceAccount('default', 'bot').path('/healthz').check('post').allowed()");
  evaluate("authorizer.requestResource.namespace('x').check('get').allowed()");
  assert.deepEqual(asked, [
    { group: "apps", resource: "deployments", namespace: "a", name: "b", labelSelector: "x=y", verb: "get" },
    { serviceAccount: { namespace: "default", name: "bot" }, path: "/healthz", verb: "post" },
    { group: "", resource: "pods", name: "p", namespace: "x", verb: "get" },
  ]);
});

test("a pattern that makes other engines hang takes no time, and one that would take long is refused", () => {
  const text: CelType = { kind: "string" };
  const long = cel.compile("text.matches(pattern)", { variables: { text, pattern: text } });
  const cases = [
    { text: "a".repeat(100_000), pattern: "(a{100}){10}".repeat(20) },
    { text: "a", pattern: "[a-z]".repeat(100_000) },
  ];
  for (const values of cases) assert.throws(() => long.evaluate(values), /too long/);
  const all = cel.compile("text.findAll(pattern).size()", { variables: { text, pattern: text } });
  assert.throws(() => all.evaluate({ text: "a".repeat(100_000), pattern: "a.*b|a" }), /too long/);
  assert.equal(all.evaluate({ text: "a1".repeat(2_000), pattern: "[0-9]" }).value, 2_000);
  assert.equal(evaluate(`'${"a".repeat(40)}!'.matches('(a+)+$')`), false);
});

test("what a library refuses it says", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["ip('x')", /^IP Address "x" parse error during conversion from string: ParseAddr\("x"\): unable to parse IP$/],
    [
      "ip('1.2.3.4.5')",
      /^IP Address "1.2.3.4.5" parse error during conversion from string: ParseAddr\("1.2.3.4.5"\): IPv4 address too long$/,
    ],
    ["ip('1.2.3.256')", /: IPv4 field has value >255$/],
    ["ip('1.2.3.04')", /: IPv4 field has octet with leading zero$/],
    ["ip('1..2.3')", /: IPv4 field must have at least one digit \(at "\.2\.3"\)$/],
    ["ip('1.2.3')", /: IPv4 address too short$/],
    ["ip('1.2.3.a')", /: unexpected character \(at "a"\)$/],
    ["ip('a:b')", /: address string too short$/],
    ["ip('2001:db8:::68')", /: each colon-separated field must have at least one digit \(at ":68"\)$/],
    ["ip('::1::')", /: multiple :: in address \(at ":"\)$/],
    ["ip('::12345')", /: each group must have 4 or less digits \(at "12345"\)$/],
    ["ip('1:2:3:4:5:6:7:8:9')", /: trailing garbage after address \(at "9"\)$/],
    ["ip('::1%')", /: zone must be a non-empty string$/],
    ["ip('::1%eth0')", /^IP address "::1%eth0" with zone value is not allowed$/],
    [
      "cidr('10.0.0.0/x')",
      /^(network address parse error during conversion from string: ){2}netip.ParsePrefix\("10.0.0.0\/x"\): bad bits after slash: "x"$/,
    ],
    ["cidr('10.0.0/8')", /: ParseAddr\("10.0.0"\): IPv4 address too short$/],
    ["quantity('10Mm')", /^unable to parse quantity's suffix$/],
    ["[1, 2].slice(1, 3)", /^cannot slice\(1, 3\), list is length 2$/],
    ["quantity('x')", /^quantities must match the regular expression/],
    ["url('x')", /^URL parse error during conversion from string: parse "x": invalid URI for request$/],
    ["[].map(x, 1).min()", /^min called on empty list$/],
    ["semver('1.2')", /^No Major\.Minor\.Patch elements found$/],
    ["'abc'.substring(5)", /^index out of range: 5$/],
    ["'%d'.format(['x'])", /^error during formatting: integer clause can only be used on integers, was given string$/],
  ];
  for (const [expression, message] of cases)
    assert.throws(
      () => evaluate(expression),
      (error) => error instanceof CelEvaluationError && message.test(error.message),
      expression,
    );
});
