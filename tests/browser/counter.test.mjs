// The browser counts as the server does: both read tests/counter.json. Runs the modules as they are, without a browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { count, limits, tightest } from "../../assets/js/counter.js";
import { pieces } from "../../assets/js/links.js";

const examples = JSON.parse(await readFile(new URL("../counter.json", import.meta.url)));

/** A Mastodon server's measure. */
const TOOT = { unit: "chars", link: 23, shortMentions: true };

test("counts are those of the examples", () => {
  for (const example of examples) {
    for (const unit of ["graphemes", "chars", "utf16", "bytes", "weighted"]) {
      assert.equal(count(example.text, { unit }), example[unit], `${unit} of ${JSON.stringify(example.text)}`);
    }
    assert.equal(count(example.text, TOOT), example.toot, `toot of ${JSON.stringify(example.text)}`);
  }
  assert.ok(examples.length > 40);
});

test("the pieces of a text are the text", () => {
  for (const { text } of examples) assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
});

test("the tightest channel is told, by whichever of its limits is nearest", () => {
  const chip = { name: "Toots", limit: "30", unit: "chars", link: "23", shortMentions: "true" };
  const channels = [{ name: chip.name, ...limits(chip) }, { name: "Sky", ...limits({ limit: "300", unit: "graphemes", maxBytes: "40" }) }];
  const link = "https://example.com/a/very/long/path";
  assert.deepEqual(tightest(`${link}\r\n `, channels), { name: "Sky", left: 4 });
  assert.deepEqual(tightest("hi @ann@social.example", [channels[0]]), { name: "Toots", left: 23 });
  assert.deepEqual(tightest("日本日本日本日本日本日本日本", channels), { name: "Sky", left: -2 });
  assert.equal(tightest("x", [{ name: "None", ...limits({ limit: "0", unit: "chars" }) }]), null);
});
