import assert from "node:assert/strict";
import { FutureRevisionError } from "../store.ts";
import { bytes, createAll, eventsUntil, lineOf, type OpenStore, storeCase, watchFrom } from "./harness.ts";

export function watchCases(open: OpenStore): void {
  storeCase("a watch gives changes with what was there before", open, async ({ store }) => {
    const start = store.revision();
    const watch = watchFrom(store, start);
    const one = await store.create("/a", bytes("one"));
    const two = await store.update("/a", bytes("two"), one.revision);
    const gone = await store.delete("/a", two.revision);
    const back = await store.create("/a", bytes("back"));
    const events = await eventsUntil(store, watch, back.revision);
    assert.deepEqual(events.map(lineOf), [
      `put /a=one @${one.revision}`,
      `put /a=two<one @${two.revision}`,
      `delete /a=two<two @${gone.revision}`,
      `put /a=back @${back.revision}`,
    ]);
    assert.equal(events[1]?.previous?.revision, one.revision);
    assert.equal(events[2]?.previous?.revision, two.revision);
    await watch.return?.();
  });

  storeCase("a watch that waits gets what is written", open, async ({ store }) => {
    const watch = watchFrom(store, store.revision());
    for (let round = 0; round < 20; round++) {
      const next = watch.next();
      const { revision } = await store.create(`/${round}`, bytes("x"));
      const result = await next;
      assert.ok(!result.done);
      assert.deepEqual(
        result.value.events.map((event) => [event.key, event.revision]),
        [[`/${round}`, revision]],
      );
      assert.equal(result.value.revision, revision);
    }
    await watch.return?.();
  });

  storeCase("a watch sees its prefix only, and progress when others are written", open, async ({ store }) => {
    const watch = watchFrom(store, store.revision(), { prefix: "/p/" });
    const waiting = watch.next();
    await createAll(store, ["/q/a", "/p", "/pa"]);
    const revision = store.revision();
    const progress = await waiting;
    assert.ok(!progress.done);
    assert.deepEqual(progress.value.events, []);
    // Progress may come in steps.
    assert.ok(progress.value.revision <= revision);
    if (progress.value.revision < revision) assert.deepEqual(await eventsUntil(store, watch, revision), []);
    const last = await createAll(store, ["/o/a", "/p/a", "/q/b", "/p/b"]);
    const events = await eventsUntil(store, watch, last);
    assert.deepEqual(
      events.map((event) => event.key),
      ["/p/a", "/p/b"],
    );
    await watch.return?.();
  });

  storeCase("progress comes by itself in time", open, async ({ store, passSeconds }) => {
    const watch = watchFrom(store, store.revision(), { prefix: "/quiet/" });
    const waiting = watch.next();
    const { revision } = await store.create("/busy/a", bytes("x"));
    await passSeconds(5);
    const progress = await waiting;
    assert.ok(!progress.done);
    assert.deepEqual(progress.value, { revision, events: [] });
    await watch.return?.();
  });

  storeCase("a watch resumes from any revision that is kept", open, async ({ store }) => {
    const start = store.revision();
    const keys = Array.from({ length: 60 }, (_, index) => `/${index % 2 === 0 ? "p" : "q"}/${index}`);
    const end = await createAll(store, keys);
    for (let after = start; after < end; after += 7) {
      const watch = watchFrom(store, after, { prefix: "/p/" });
      const events = await eventsUntil(store, watch, end);
      const expected = keys.slice(after - start).filter((key) => key.startsWith("/p/"));
      assert.deepEqual(
        events.map((event) => event.key),
        expected,
      );
      await watch.return?.();
    }
  });

  storeCase("a slow watch misses nothing and sees nothing twice", open, async ({ store }) => {
    const total = 2500;
    const watch = watchFrom(store, store.revision());
    const first = watch.next();
    await Promise.all(Array.from({ length: total }, (_, index) => store.create(`/${index}`, bytes(String(index)))));
    const begun = await first;
    assert.ok(!begun.done && begun.value.events.length > 0);
    const rest = begun.value.revision === store.revision() ? [] : await eventsUntil(store, watch, store.revision());
    const events = [...begun.value.events, ...rest];
    assert.equal(events.length, total);
    assert.ok(events.every((event, index) => event.revision === events[0]!.revision + index));
    await watch.return?.();
  });

  endingCases(open);
}

function endingCases(open: OpenStore): void {
  storeCase("a watch ends when its signal aborts, waiting or not", open, async ({ store }) => {
    const abort = new AbortController();
    const waiting = watchFrom(store, store.revision(), { signal: abort.signal });
    const busy = watchFrom(store, store.revision(), { signal: abort.signal });
    const next = waiting.next();
    abort.abort();
    assert.equal((await next).done, true);
    assert.equal((await busy.next()).done, true);
    assert.equal((await waiting.next()).done, true);
    const late = watchFrom(store, store.revision(), { signal: abort.signal });
    assert.equal((await late.next()).done, true);
  });

  storeCase("a watch ends when its consumer leaves or the store closes", open, async ({ store }) => {
    const start = store.revision();
    await createAll(store, ["/a", "/b"]);
    for await (const batch of store.watch({ prefix: "/", afterRevision: start })) {
      assert.ok(batch.events.length > 0);
      break;
    }
    const waiting = watchFrom(store, store.revision());
    const next = waiting.next();
    await store.close();
    assert.equal((await next).done, true);
    assert.equal((await waiting.next()).done, true);
  });

  storeCase("a watch from the future is refused", open, async ({ store }) => {
    await assert.rejects(async () => await watchFrom(store, store.revision() + 1).next(), FutureRevisionError);
  });
}
