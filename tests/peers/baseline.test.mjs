// The scenarios that were run against the predecessor, with what happened there: each of them against this program.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Postgres, missing } from './postgres.mjs'
import { Program, Proxy, Rostrum, folder, freePort, pause, until } from './support.mjs'

const TWENTY = Array.from({ length: 20 }, (_, n) => n)

let platform, proxy, rostrum

before(async () => {
  const address = `127.0.0.1:${await freePort()}`
  platform = await new Program(['sandbox', 'serve', '--listen', address, '--data', folder()], { url: `http://${address}`, ready: '/api/posts' }).start()
  proxy = await Proxy.start(platform.url)
})

after(async () => {
  await rostrum?.stop()
  proxy?.stop()
  await platform?.stop()
})

const texts = async (word) => {
  const { posts } = await (await fetch(`${platform.url}/api/posts?limit=1000`)).json()
  return posts.map(({ text }) => text).filter((text) => text.startsWith(`${word} `)).sort()
}

// A new instance with a channel for each post, so that all of them are in flight side by side.
async function instance({ env } = {}) {
  await rostrum?.stop()
  rostrum = await Rostrum.start({ env })
  await rostrum.createOwner()
  const channels = []
  for (const n of TWENTY) channels.push((await rostrum.addChannel('sandbox', { server: proxy.url, handle: `c${n}` })).id)
  return channels
}

const schedule = (channels, word, options) =>
  Promise.all(channels.map((channel, n) => rostrum.schedule(channel, [{ content: `${word} ${n}`, image: [] }], options)))

// The platform accepts a post whose text matches, and the answer never comes. → how many there were.
function swallow(matches) {
  const swallowed = { count: 0 }
  proxy.intercept = async (request, forward) => {
    const answer = await forward()
    if (request.method !== 'POST' || !request.path.includes('posts') || !matches(request.body.toString())) return answer
    swallowed.count += 1
    await new Promise(() => {})
  }
  return swallowed
}

async function everyoneOnce(ids, word) {
  proxy.intercept = undefined
  proxy.cut()
  for (const id of ids) await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  assert.deepEqual(await texts(word), ids.map((_, n) => `${word} ${n}`).sort())
}

// Killed `times` times, each time with requests in flight whose answers never come.
async function interrupted(word, due, times) {
  const channels = await instance()
  const swallowed = swallow((body) => body.includes(`${word} `))
  const ids = await Promise.all(channels.map((channel, n) => rostrum.schedule(channel, [{ content: `${word} ${n}`, image: [] }], { date: due(n) })))
  for (let time = 1; time <= times; time += 1) {
    await until(`requests in flight, time ${time}`, () => swallowed.count >= Math.min(20, 10 * time), { describe: () => `${swallowed.count}` })
    await rostrum.kill()
    await rostrum.start()
  }
  await everyoneOnce(ids, word)
}

const later = (seconds) => new Date(Date.now() + seconds * 1000)

test('A: 20 due, killed with 10 in flight (there: those 10 twice)', () => interrupted('A', (n) => later(n % 2 ? 8 : 1), 1))

test('B: killed again with the other 10 in flight (there: all 20 twice)', () => interrupted('B', (n) => later(n % 2 ? 8 : 1), 2))

test('B2: killed in the second attempt, too (there: twice, and QUEUE for ever)', async () => {
  const channels = (await instance()).slice(0, 5)
  let reads = 0
  const swallowed = swallow((body) => body.includes('B2 '))
  const ids = await schedule(channels, 'B2')
  await until('five in flight', () => swallowed.count === 5)
  await rostrum.kill()
  // What it does next is to look: that is not answered either.
  proxy.intercept = async (request, forward) => {
    if (request.method === 'GET') reads += 1
    return request.method === 'GET' ? new Promise(() => {}) : forward()
  }
  await rostrum.start()
  await until('it to look for them', () => reads >= 5)
  await rostrum.kill()
  await rostrum.start()
  await everyoneOnce(ids, 'B2')
})

test('D: stopped across the time when 20 are due (there: all at once, no notice)', async () => {
  const channels = await instance()
  const ids = await schedule(channels, 'D', { date: new Date(Date.now() + 3000) })
  assert.equal(await rostrum.stop(), 0)
  await pause(4000)
  const started = Date.now()
  await rostrum.start()
  await everyoneOnce(ids, 'D')
  assert.ok(Date.now() - started < 8700, `${Date.now() - started} ms after the start`)
})

test('R: the store is killed after 20 were scheduled (there: none was ever published)', async () => {
  if (missing) {
    const channels = await instance()
    const ids = await schedule(channels, 'R', { date: new Date(Date.now() + 4000) })
    await rostrum.kill()
    await rostrum.start()
    return everyoneOnce(ids, 'R')
  }
  const postgres = await Postgres.start()
  try {
    const channels = await instance({ env: { ROSTRUM_DATABASE__URL: postgres.url('secret') } })
    const ids = await schedule(channels, 'R', { date: new Date(Date.now() + 6000) })
    await postgres.stop()
    await postgres.start()
    await everyoneOnce(ids, 'R')
  } finally {
    await rostrum.kill()
    rostrum = undefined
  }
})

test('P: the platform answers 500 before it takes anything (there: three requests, then ERROR)', async () => {
  const channels = await instance()
  const refused = new Set()
  proxy.intercept = async (request, forward) => {
    const text = /P 1?\d/.exec(request.body.toString())?.[0]
    if (request.method !== 'POST' || !text || refused.has(text)) return forward()
    refused.add(text)
    return { status: 500, headers: { 'content-type': 'application/json' }, body: '{"error":"broken"}' }
  }
  const ids = await schedule(channels, 'P')
  for (const id of ids) await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  assert.equal(refused.size, 20)
  proxy.intercept = undefined
  assert.deepEqual(await texts('P'), TWENTY.map((n) => `P ${n}`).sort())
})
