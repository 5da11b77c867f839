// What an operator does to it: ends it, upgrades it, downgrades it, loses its key.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Rostrum, freePort, run, until } from './support.mjs'
import { count, delayNextAnswer, sandbox } from './trouble.mjs'

let platform, rostrum, channel

before(async () => {
  platform = await sandbox()
  rostrum = await Rostrum.start()
  await rostrum.createOwner()
  channel = await rostrum.addChannel('sandbox', { server: platform.url })
})

after(async () => {
  await rostrum?.kill()
  await platform?.kill()
})

// Runs statements on a database file; → the rows of the last one.
async function sql(file, ...statements) {
  const script = 'import json, sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nfor s in sys.argv[2:]: r = c.execute(s).fetchall()\nprint(json.dumps(r))'
  const { code, stdout, stderr } = await run('python3', ['-c', script, file, ...statements])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

const database = () => path.join(rostrum.data, 'rostrum.db')
const steps = (file) => sql(file, 'SELECT version FROM _sqlx_migrations ORDER BY version').then((rows) => rows.map(([version]) => version))
const refused = async () => rostrum.command(['serve', '--listen', `127.0.0.1:${await freePort()}`], { seconds: 20 })

test('told to end while a platform is slow: it waits for the answer and writes it down', async () => {
  await delayNextAnswer(platform, 2000)
  const id = await rostrum.schedule(channel.id, [{ content: 'Slow', image: [] }], { type: 'now' })
  await until('the platform to have it', async () => (await count(platform, 'Slow')) === 1, { every: 20 })
  const begun = Date.now()
  assert.equal(await rostrum.stop(), 0)
  assert.ok(Date.now() - begun < 15_000)
  // Nothing is left to find out at the next start.
  assert.deepEqual(await sql(database(), 'SELECT state FROM parts'), [['published']])
  assert.deepEqual(await sql(database(), 'SELECT state FROM steps'), [['done']])
  assert.deepEqual(await sql(database(), 'SELECT outcome FROM attempts'), [['done']])
  await rostrum.start()
  await rostrum.state(id, 'PUBLISHED')
  assert.equal(await count(platform, 'Slow'), 1)
})

test('F12: an upgrade copies the database before it changes the schema', async () => {
  assert.equal(await rostrum.stop(), 0)
  // As an older program left it: without the step that gave drafts their own column.
  const newest = await steps(database())
  await sql(database(), 'DROP INDEX posts_unplaced', 'ALTER TABLE posts DROP COLUMN unplaced', 'DELETE FROM _sqlx_migrations WHERE version = 7')
  await rostrum.start()
  assert.deepEqual(await steps(database()), newest)
  const copies = fs.readdirSync(path.join(rostrum.data, 'backups'))
  assert.equal(copies.length, 1)
  const copy = path.join(rostrum.data, 'backups', copies[0])
  assert.equal(fs.statSync(path.dirname(copy)).mode & 0o077, 0)
  assert.deepEqual(await steps(copy), newest.filter((version) => version !== 7))
  assert.deepEqual(await sql(copy, 'PRAGMA integrity_check'), [['ok']])
  assert.deepEqual(await sql(copy, 'SELECT count(*) FROM posts'), [[1]])
  assert.equal((await rostrum.posts()).length, 1)
})

test('a database of a newer program is refused, untouched', async () => {
  assert.equal(await rostrum.stop(), 0)
  await sql(database(), "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'from the future', 1, x'00', 0)")
  const { code, stdout, stderr } = await refused()
  assert.equal(code, 7, stderr)
  assert.match(stderr, /newer Rostrum[\s\S]*9999[\s\S]*backup/)
  assert.equal(stdout, '')
  await sql(database(), 'DELETE FROM _sqlx_migrations WHERE version = 9999')
  await rostrum.start()
})

test('another key file, or none at all, is refused with the reason', async () => {
  assert.equal(await rostrum.stop(), 0)
  const key = path.join(rostrum.data, 'key')
  const kept = fs.readFileSync(key)
  for (const [content, words] of [
    [Buffer.from(Buffer.alloc(32, 7).toString('base64')), /key file does not belong to this database[\s\S]*restore/],
    [Buffer.from('nonsense'), /is not a key file[\s\S]*restore/],
    [undefined, /key[\s\S]*restore/],
  ]) {
    fs.rmSync(key)
    if (content) fs.writeFileSync(key, content, { mode: 0o600 })
    const { code, stderr } = await refused()
    assert.equal(code, 7, stderr)
    assert.match(stderr, words)
    assert.ok(!stderr.includes(kept.toString().trim()))
    fs.writeFileSync(key, kept, { mode: 0o600 })
  }
  await rostrum.start()
})
