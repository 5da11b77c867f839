// The sandbox as a process of its own, so that it remembers what it accepted while Rostrum is killed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Program, Proxy, Rostrum, folder, freePort, png, until } from './support.mjs'

let platform, proxy, rostrum, channel

// What others can read there. Its texts are unique to each test.
async function wall(word) {
  const answer = await fetch(`${platform.url}/api/posts`)
  assert.equal(answer.status, 200)
  const body = await answer.json()
  return (body.posts ?? body).filter(({ text }) => text.startsWith(word))
}

const writes = (request) => request.method !== 'GET' && request.method !== 'HEAD'

// Runs `misfortune` when the platform accepted a post that begins with the word, instead of delivering the answer.
const whenAccepted = (word, misfortune) =>
  new Promise((done) => {
    proxy.intercept = async (request, forward) => {
      if (!writes(request)) return forward()
      const { length } = await wall(word)
      const answer = await forward()
      if ((await wall(word)).length === length) return answer
      proxy.intercept = undefined
      await misfortune()
      done()
    }
  })

before(async () => {
  const address = `127.0.0.1:${await freePort()}`
  platform = await new Program(['sandbox', 'serve', '--listen', address, '--data', folder()], { url: `http://${address}`, ready: '/api/posts' }).start()
  proxy = await Proxy.start(platform.url)
  rostrum = await Rostrum.start({ env: { ROSTRUM_HTTP__TIMEOUT_SECONDS: '5' } })
  await rostrum.createOwner()
  channel = await rostrum.addChannel('sandbox', { server: proxy.url })
})

after(async () => {
  await rostrum?.kill()
  await platform?.kill()
  proxy?.stop()
})

test('a thread with a picture arrives, in order, once', async () => {
  const media = await rostrum.upload(png(60, 40), 'small.png')
  const id = await rostrum.schedule(channel.id, [
    { content: 'Arrives one', image: [{ id: media.id, path: media.path, alt: 'Small' }] },
    { content: 'Arrives two', image: [] },
  ])
  const post = await rostrum.state(id, 'PUBLISHED')
  assert.match(post.releaseURL, /^http/)
  const found = await wall('Arrives')
  assert.deepEqual(found.map(({ text }) => text).sort(), ['Arrives one', 'Arrives two'])
  assert.match(JSON.stringify(found), /"Small"/)
})

test('killed between acceptance and record: one post, and we know it', async () => {
  const killed = whenAccepted('Killed after', () => rostrum.kill())
  const id = await rostrum.schedule(channel.id, [{ content: 'Killed after', image: [] }], { type: 'now' })
  await killed
  assert.equal((await wall('Killed after')).length, 1)
  await rostrum.start()
  await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  assert.equal((await wall('Killed after')).length, 1)
})

test('killed before the request arrived: one post', async () => {
  const killed = new Promise((done) => {
    proxy.intercept = async (request, forward) => {
      if (!writes(request) || !request.body.includes('Killed before')) return forward()
      proxy.intercept = undefined
      await rostrum.kill()
      done()
    }
  })
  const id = await rostrum.schedule(channel.id, [{ content: 'Killed before', image: [] }], { type: 'now' })
  await killed
  await rostrum.start()
  await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  assert.equal((await wall('Killed before')).length, 1)
})

test('the answer is lost while Rostrum lives on: one post', async () => {
  const lost = whenAccepted('Lost', () => {})
  const id = await rostrum.schedule(channel.id, [{ content: 'Lost', image: [] }], { type: 'now' })
  await lost
  await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  assert.equal((await wall('Lost')).length, 1)
})

test('killed again and again while much is due: each post once', async () => {
  proxy.intercept = undefined
  const due = new Date(Date.now() + 1500)
  const ids = []
  for (let n = 0; n < 24; n++) {
    ids.push(await rostrum.schedule(channel.id, [{ content: `Much ${n}`, image: [] }], { date: new Date(due.getTime() + n * 40) }))
  }
  // Each round kills it as soon as the platform has a few more.
  for (let more = 4; more <= 16; more += 4) {
    await until(`${more} posts on the wall`, async () => (await wall('Much')).length >= more, { every: 5, seconds: 60, describe: () => rostrum.log.slice(-4000) })
    await rostrum.kill()
    await rostrum.start()
  }
  for (const id of ids) await rostrum.state(id, 'PUBLISHED', { seconds: 120 })
  const texts = (await wall('Much')).map(({ text }) => text)
  assert.deepEqual(texts.sort(), ids.map((_, n) => `Much ${n}`).sort())
})

test('a platform that is away: the post waits and goes out when it is back', async () => {
  await platform.kill()
  const id = await rostrum.schedule(channel.id, [{ content: 'Away', image: [] }], { type: 'now' })
  await until('the first attempt', () => proxy.seen.some(({ body }) => body.includes('Away')))
  assert.equal((await rostrum.post(id)).state, 'QUEUE')
  await platform.start()
  await rostrum.state(id, 'PUBLISHED', { seconds: 180 })
  assert.equal((await wall('Away')).length, 1)
})
