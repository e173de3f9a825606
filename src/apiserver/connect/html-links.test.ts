import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { nextTurn } from "../../base/turn.ts";
import { rewriteLinks } from "./html-links.ts";

const marked = (page: string) => rewriteLinks(page, (link) => `[${link}]`, systemClock);

test("links of elements that have them are exchanged, and nothing else", async () => {
  const cases: readonly [string, string][] = [
    ['<a href="/x">y</a>', '<a href="[/x]">y</a>'],
    ["<A class=k HREF='/x' id=i>y</A>", "<A class=k HREF='[/x]' id=i>y</A>"],
    ["<a href=/x>y</a>", "<a href=[/x]>y</a>"],
    ['<img\n src = "/i.png" alt="a>b"/>', '<img\n src = "[/i.png]" alt="a>b"/>'],
    ['<form action="/f"><input src="/i" value="/v">', '<form action="[/f]"><input src="[/i]" value="/v">'],
    ['<a title="<a href=/no>" href="/x">', '<a title="<a href=/no>" href="[/x]">'],
    ['<p href="/x">', '<p href="/x">'],
    ["<a href>y", "<a href>y"],
    ['<a href="">y', '<a href="[]">y'],
    ['<!-- <a href="/no"> --><a href="/x">', '<!-- <a href="/no"> --><a href="[/x]">'],
    ['<!doctype html><link href="/c">', '<!doctype html><link href="[/c]">'],
    [
      `<script src="/s">if (a<b) "<a href='/no'>"</script><a href="/x">`,
      `<script src="[/s]">if (a<b) "<a href='/no'>"</script><a href="[/x]">`,
    ],
    ['1 < 2 <a href="/x">', '1 < 2 <a href="[/x]">'],
  ];
  for (const [page, wanted] of cases) assert.equal(await marked(page), wanted);
});

test("what is cut off or broken stays as it is, and takes no time", async () => {
  for (const page of ["<", "<a", '<a href="/x', "<a href=", "<!--", "</a", "<script>", '<a "/x" =>', ""]) {
    assert.equal((await marked(page)).replaceAll(/[[\]]/g, ""), page);
  }
  for (const part of ["<a ", "<a href=", "<!--", "<script>", "<", ' "', "<a =", "</"]) {
    const page = part.repeat(100_000);
    assert.equal((await marked(page)).replaceAll(/[[\]]/g, ""), page);
  }
});

test("a large page leaves others their turns", async () => {
  let turns = 0;
  const page = '<a href="/x" a b c d e f g>t</a>'.repeat(50_000);
  const rewriting = marked(page).then((text) => ({ text }));
  let done: { text: string } | undefined;
  void rewriting.then((result) => (done = result));
  for (; done === undefined; turns++) await nextTurn();
  assert.ok(turns > 5, `${turns} turns`);
  assert.equal(done.text, page.replaceAll("/x", "[/x]"));
});
