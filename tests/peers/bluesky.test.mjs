// Posts on a real Bluesky server: what arrives there, and that it arrives once whatever happens on the way.
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Proxy, Rostrum, folder, freePort, here, png, run } from './support.mjs'

const password = 'alice has a password'
const room = folder()
const passwordFile = path.join(room, 'password')
// Alice's channel goes through the proxy, which the later tests make fail; Bob's does not.
let server, rostrum, proxy, alice, bob

async function xrpc(method, { query, body } = {}) {
  const url = `${server}/xrpc/${method}${query ? `?${new URLSearchParams(query)}` : ''}`
  const answer = await fetch(url, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {})
  const json = await answer.json()
  assert.ok(answer.ok, `${method}: ${JSON.stringify(json)}`)
  return json
}

// The records whose text begins with a word that only one test uses, in the order of their keys.
async function records(word, repo = 'alice.test') {
  const { records } = await xrpc('com.atproto.repo.listRecords', { query: { repo, collection: 'app.bsky.feed.post', limit: 100, reverse: true } })
  return records.filter((record) => record.value.text.startsWith(word))
}

const isWrite = (request) => /com\.atproto\.repo\.(createRecord|putRecord|applyWrites)/.test(request.path)

before(async () => {
  const { code, stdout, stderr } = await run(path.join(here, 'bsky-pds.sh'), ['start'], { env: { RUN_DIR: room }, seconds: 600 })
  assert.equal(code, 0, stderr)
  server = stdout.trim()
  for (const name of ['alice', 'bob']) {
    await xrpc('com.atproto.server.createAccount', { body: { email: `${name}@example.com`, handle: `${name}.test`, password } })
  }
  fs.writeFileSync(passwordFile, password)
  proxy = await Proxy.start(server)
  rostrum = await Rostrum.start({ env: { ROSTRUM_HTTP__TIMEOUT_SECONDS: '5' } })
  await rostrum.createOwner()
  alice = await rostrum.addChannel('bluesky', { service: proxy.url, identifier: 'alice.test', password: `@${passwordFile}` })
  bob = await rostrum.addChannel('bluesky', { service: server, identifier: 'bob.test', password: `@${passwordFile}` })
}, { timeout: 900_000 })

after(async () => {
  await rostrum?.kill()
  proxy?.stop()
  await run(path.join(here, 'bsky-pds.sh'), ['stop'], { env: { RUN_DIR: room } })
})

test('a channel is an account', async () => {
  assert.equal(alice.handle.replace(/^@/, ''), 'alice.test')
  const { body } = await rostrum.call('GET', '/integrations')
  assert.deepEqual(new Set(body.map(({ id, identifier }) => `${identifier} ${id}`)), new Set([`bluesky ${alice.id}`, `bluesky ${bob.id}`]))
})

test('a wrong password is refused at once, in words, and makes no channel', async () => {
  const answer = await rostrum.command(
    ['channel', 'add', 'bluesky', '--organisation', rostrum.organisation, '--field', `service=${server}`, '--field', 'identifier=alice.test', '--field', 'password=-'],
    { input: 'not it' })
  assert.notEqual(answer.code, 0)
  assert.match(answer.stdout + answer.stderr, /password|identifier/i)
  assert.equal((await rostrum.call('GET', '/integrations')).body.length, 2)
})

test('a server that is not there is named', async () => {
  const dead = `http://127.0.0.1:${await freePort()}`
  const answer = await rostrum.command(
    ['channel', 'add', 'bluesky', '--organisation', rostrum.organisation, '--field', `service=${dead}`, '--field', 'identifier=alice.test', '--field', `password=@${passwordFile}`])
  assert.notEqual(answer.code, 0)
  assert.match(answer.stdout + answer.stderr, /127\.0\.0\.1/)
})

test('a thread of three parts with a picture, on time', async () => {
  const media = await rostrum.upload(png(400, 300), 'red.png')
  const date = new Date(Date.now() + 3000)
  const id = await rostrum.schedule(alice.id, [
    { content: 'Thread one: a picture', image: [{ id: media.id, path: media.path, alt: 'A red rectangle' }] },
    { content: 'Thread two', image: [] },
    { content: 'Thread three', image: [] },
  ], { date })
  assert.equal((await rostrum.post(id)).state, 'QUEUE')
  const post = await rostrum.state(id, 'PUBLISHED')

  const found = (await records('Thread ')).map(({ uri, cid, value }) => ({ uri, cid, ...value }))
  assert.equal(found.length, 3)
  const [one, two, three] = ['one', 'two', 'three'].map((word) => found.find(({ text }) => text.startsWith(`Thread ${word}`)))
  const image = one.embed.images[0]
  assert.equal(one.embed.$type, 'app.bsky.embed.images')
  assert.equal(one.embed.images.length, 1)
  assert.equal(image.alt, 'A red rectangle')
  assert.deepEqual(image.aspectRatio, { width: 400, height: 300 })
  assert.equal(one.reply, undefined)
  const ref = ({ uri, cid }) => ({ uri, cid })
  assert.deepEqual(two.reply, { root: ref(one), parent: ref(one) })
  assert.deepEqual(three.reply, { root: ref(one), parent: ref(two) })
  for (const { createdAt } of found) assert.ok(new Date(createdAt) >= date - 1, `${createdAt} is before ${date.toISOString()}`)
  assert.match(post.releaseURL, /^https?:\/\/.+/)
  assert.ok(post.releaseURL.includes(one.uri.split('/').pop()), `${post.releaseURL} is not about ${one.uri}`)
})

test('links count in bytes and get a card', async () => {
  const page = http.createServer((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' })
    .end('<!doctype html><html><head><title>Plain</title><meta property="og:title" content="A card"><meta property="og:description" content="About it"></head></html>'))
  page.listen(0, '127.0.0.1')
  await once(page, 'listening')
  try {
    const link = `http://127.0.0.1:${page.address().port}/page`
    const id = await rostrum.schedule(alice.id, [{ content: `Facets 👩‍👩‍👧 häuser ${link} end`, image: [] }], { type: 'now' })
    await rostrum.state(id, 'PUBLISHED')
    const [{ value }] = await records('Facets')
    const facet = value.facets.find(({ features }) => features[0].$type === 'app.bsky.richtext.facet#link')
    assert.equal(facet.features[0].uri, link)
    assert.equal(Buffer.from(value.text).subarray(facet.index.byteStart, facet.index.byteEnd).toString(), link)
    assert.equal(value.embed?.$type, 'app.bsky.embed.external')
    assert.equal(value.embed.external.uri, link)
    assert.equal(value.embed.external.title, 'A card')
  } finally {
    page.close()
  }
})

test('what Bluesky would refuse is refused before: 301 graphemes, not 300', async () => {
  const value = (content) => ({ type: 'schedule', date: new Date(Date.now() + 3600_000).toISOString(), shortLink: false, tags: [],
    posts: [{ integration: { id: alice.id }, value: [{ content, image: [] }] }] })
  const refused = await rostrum.call('POST', '/posts', value('é'.repeat(301)))
  assert.equal(refused.status, 400)
  assert.match(JSON.stringify(refused.body), /content|value/i)
  assert.match(JSON.stringify(refused.body), /300/)
  const accepted = await rostrum.call('POST', '/posts', value('é'.repeat(300)))
  assert.equal(accepted.status, 201, JSON.stringify(accepted.body))
})

describe('through a network that fails', () => {
  after(() => (proxy.intercept = undefined))

  // Runs `misfortune` at the nth write that reaches the proxy, once; everything after it goes through.
  const atWrite = (n, misfortune) => {
    let writes = 0
    return new Promise((done, failed) => {
      proxy.intercept = async (request, forward) => {
        if (!isWrite(request) || ++writes !== n) return forward()
        try {
          const answer = await misfortune(forward)
          done()
          return answer
        } catch (error) {
          failed(error)
        }
      }
    })
  }

  test('killed after Bluesky accepted and before the answer came: one record, and we know it', async () => {
    const killed = atWrite(1, async (forward) => {
      const answer = await forward()
      assert.equal(answer.status, 200, answer.body.toString())
      await rostrum.kill()
    })
    const id = await rostrum.schedule(alice.id, [{ content: 'Killed after', image: [] }], { type: 'now' })
    await killed
    assert.equal((await records('Killed after')).length, 1)
    await rostrum.start()
    const post = await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
    const found = await records('Killed after')
    assert.equal(found.length, 1)
    assert.ok(post.releaseURL.includes(found[0].uri.split('/').pop()))
  })

  test('killed before Bluesky saw it: one record', async () => {
    const killed = atWrite(1, () => rostrum.kill())
    const id = await rostrum.schedule(alice.id, [{ content: 'Killed before', image: [] }], { type: 'now' })
    await killed
    assert.equal((await records('Killed before')).length, 0)
    await rostrum.start()
    await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
    assert.equal((await records('Killed before')).length, 1)
  })

  test('killed in the middle of a thread: the rest follows, in its place', async () => {
    const killed = atWrite(2, async (forward) => {
      await forward()
      await rostrum.kill()
    })
    const id = await rostrum.schedule(alice.id, ['one', 'two', 'three'].map((word) => ({ content: `Middle ${word}`, image: [] })), { type: 'now' })
    await killed
    await rostrum.start()
    await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
    const found = await records('Middle')
    assert.equal(found.length, 3)
    const [one, two, three] = ['one', 'two', 'three'].map((word) => found.find(({ value }) => value.text === `Middle ${word}`))
    assert.equal(two.value.reply.parent.uri, one.uri)
    assert.equal(three.value.reply.parent.uri, two.uri)
    assert.equal(three.value.reply.root.uri, one.uri)
  })

  test('the answer is lost while Rostrum lives on: one record', async () => {
    const lost = atWrite(1, async (forward) => void (await forward()))
    const id = await rostrum.schedule(alice.id, [{ content: 'Lost answer', image: [] }], { type: 'now' })
    await lost
    await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
    assert.equal((await records('Lost answer')).length, 1)
  })

  test('a server that hangs loses nothing and does not hold up others', async () => {
    let release
    const hanging = new Promise((resolve) => (release = resolve))
    const reached = new Promise((resolve) => {
      proxy.intercept = async (request, forward) => {
        if (!isWrite(request)) return forward()
        resolve()
        proxy.intercept = undefined
        await hanging
      }
    })
    const id = await rostrum.schedule(alice.id, [{ content: 'Hanging', image: [] }], { type: 'now' })
    await reached
    assert.equal((await rostrum.post(id)).state, 'QUEUE')
    const other = await rostrum.schedule(bob.id, [{ content: 'Beside the hanging one', image: [] }], { type: 'now' })
    await rostrum.state(other, 'PUBLISHED')
    assert.equal((await records('Beside', 'bob.test')).length, 1)
    assert.equal((await rostrum.post(id)).state, 'QUEUE')
    release()
    await rostrum.state(id, 'PUBLISHED', { seconds: 180 })
    assert.equal((await records('Hanging')).length, 1)
  })

  test('stopped politely while a request is under way: it is finished and recorded first', async () => {
    let stopped
    const reached = atWrite(1, async (forward) => {
      const answer = await forward()
      stopped = rostrum.stop()
      return answer
    })
    const id = await rostrum.schedule(alice.id, [{ content: 'Drained', image: [] }], { type: 'now' })
    await reached
    assert.equal(await stopped, 0)
    const before = proxy.seen.filter(isWrite).length
    await rostrum.start()
    assert.equal((await rostrum.post(id)).state, 'PUBLISHED')
    assert.equal(proxy.seen.filter(isWrite).length, before, 'it was sent again after the restart')
    assert.equal((await records('Drained')).length, 1)
  })
})
