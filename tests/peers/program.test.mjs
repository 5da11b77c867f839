// The program as a process: what scripts, service managers and operators rely on.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Rostrum, folder, freePort, png, run } from './support.mjs'

let rostrum

before(async () => {
  rostrum = await Rostrum.start()
})

after(() => rostrum?.kill())

test('without configuration: one line with the address, and the set-up link until an owner exists', async () => {
  assert.match(rostrum.stdout, new RegExp(`${rostrum.url}/setup\\?token=\\S{20,}`))
  await rostrum.createOwner()
  const { length } = rostrum.stdout
  assert.equal(await rostrum.stop(), 0)
  await rostrum.start()
  const again = rostrum.stdout.slice(length)
  assert.match(again, new RegExp(rostrum.url))
  assert.doesNotMatch(again, /token=/)
})

test('secrets are for its own account only', async (t) => {
  const data = path.join(folder(), 'data')
  const fresh = await Rostrum.start({ data })
  t.after(() => fresh.kill())
  await fresh.createOwner()
  assert.equal(fs.statSync(data).mode & 0o077, 0, 'the data directory that it made')
  for (const name of fs.readdirSync(data).filter((name) => /^key|\.sock$|\.db/.test(name))) {
    const mode = fs.statSync(path.join(data, name)).mode & 0o777
    assert.equal(mode & 0o077, 0, `${name} is ${mode.toString(8)}`)
  }
})

test('a second program on the same data is refused and told why', async () => {
  const other = await rostrum.command(['serve', '--listen', `127.0.0.1:${await freePort()}`], { seconds: 20 })
  assert.notEqual(other.code, 0)
  assert.match(other.stderr, /in use|running|lock/i)
})

test('one-shot commands work with the server running and stopped', async () => {
  const channel = await rostrum.addChannel('sandbox', {})
  assert.deepEqual(Object.keys(channel).sort(), ['handle', 'id', 'name'])
  const list = () => rostrum.json(['channel', 'list', '--organisation', rostrum.organisation, '--json'])
  const running = await list()
  assert.equal(await rostrum.stop(), 0)
  assert.deepEqual(await list(), running)
  await rostrum.start()
})

test('the registry says what a provider is', async () => {
  const providers = await rostrum.json(['channel', 'providers', '--json'])
  const bluesky = providers.find(({ id }) => id === 'bluesky')
  assert.ok(bluesky.name)
  for (const field of ['service', 'identifier', 'password']) assert.match(JSON.stringify(bluesky), new RegExp(`"${field}"`))
})

test('health, for monitors and for containers', async () => {
  for (const route of ['/livez', '/readyz']) assert.equal((await fetch(rostrum.url + route)).status, 200, route)
  const address = new URL(rostrum.url).host
  const env = { ROSTRUM_SERVER__LISTEN: address }
  assert.equal((await rostrum.command(['healthcheck'], { env })).code, 0)
  const nobody = { ROSTRUM_SERVER__LISTEN: `127.0.0.1:${await freePort()}` }
  assert.notEqual((await rostrum.command(['healthcheck'], { env: nobody })).code, 0)
})

test('configuration: origins told, secrets masked, mistakes named', async () => {
  const env = { ROSTRUM_DATABASE__URL: 'postgres://u:very-secret@127.0.0.1/none', ROSTRUM_LOG__LEVEL: 'debug' }
  const { code, stdout } = await rostrum.command(['config', 'show'], { env })
  assert.equal(code, 0)
  assert.doesNotMatch(stdout, /very-secret/)
  assert.match(stdout, /ROSTRUM_LOG__LEVEL/)
  assert.equal((await rostrum.command(['config', 'check'])).code, 0)
  const wrong = await rostrum.command(['config', 'check'], { env: { ROSTRUM_SERVER__LISTEM: '127.0.0.1:1' } })
  assert.notEqual(wrong.code, 0)
  assert.match(wrong.stdout + wrong.stderr, /listem/i)
})

test('mistakes on the command line: exit code 2 and words, nothing on standard output', async () => {
  const { code, stdout, stderr } = await rostrum.command(['channel', 'remove-everything'])
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /remove-everything/)
  const unknown = await rostrum.command(['channel', 'add', 'nothing-of-the-kind', '--organisation', rostrum.organisation])
  assert.notEqual(unknown.code, 0)
  assert.match(unknown.stderr, /provider/)
})

test('a backup is taken while it runs, and another instance can be made of it', async () => {
  await rostrum.upload(png(20, 20), 'kept.png')
  const file = path.join(folder(), 'backup.tar.gz')
  const { code, stderr } = await rostrum.command(['backup', file])
  assert.equal(code, 0, stderr)
  assert.equal(fs.statSync(file).mode & 0o077, 0)
  const listed = await run('tar', ['-tf', file])
  assert.equal(listed.code, 0, listed.stderr)
  assert.match(listed.stdout, /\.png/)
  assert.match(listed.stdout, /key/)
  assert.match(listed.stdout, /\.db|\.sqlite/)
})

test('the description of the API is the one that the server gives', async () => {
  const { stdout } = await rostrum.command(['openapi'])
  const served = await (await fetch(`${rostrum.url}/openapi.json`)).json()
  assert.match(served.openapi, /^3\.0/)
  assert.deepEqual(Object.keys(JSON.parse(stdout).paths).sort(), Object.keys(served.paths).sort())
})

test('undeclared methods and half a body are answered', async () => {
  const answer = await fetch(`${rostrum.url}/public/v1/integrations`, { method: 'PATCH', headers: { authorization: rostrum.key } })
  assert.equal(answer.status, 405)
  const half = await fetch(`${rostrum.url}/public/v1/posts`, { method: 'POST', headers: { authorization: rostrum.key, 'content-type': 'application/json' }, body: '{"type":"dra' })
  assert.equal(half.status, 400)
  assert.match(await half.text(), /message|msg/)
})

test('a picture that is a page is not taken', async () => {
  const form = new FormData()
  form.set('file', new Blob(['<html><script>alert(1)</script></html>'], { type: 'image/png' }), 'page.png')
  const { status, body } = await rostrum.call('POST', '/upload', form)
  assert.equal(status, 400)
  assert.match(JSON.stringify(body), /type|png|picture|image/i)
})

test('it logs neither keys nor passwords', () => {
  assert.ok(!rostrum.log.includes(rostrum.key))
  assert.ok(!rostrum.log.includes('correct horse battery'))
})
