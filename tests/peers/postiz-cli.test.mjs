// Postiz's own command-line client, unmodified, in place of Postiz: what it prints, and what it really did.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Program, Rostrum, folder, freePort, here, png, run } from './support.mjs'

let rostrum, platform, channel
const room = folder()
const picture = path.join(room, 'red.png')

// → { code, output, json }: the client prints words around its JSON.
async function postiz(...args) {
  const { code, stdout, stderr } = await run(path.join(here, 'postiz-cli.sh'), args, {
    env: { POSTIZ_API_URL: rostrum.url, POSTIZ_API_KEY: rostrum.key },
  })
  const json = stdout.match(/^[[{][\s\S]*^[\]}]/m)?.[0] ?? stdout.match(/[[{].*[\]}]/)?.[0]
  return { code, output: stdout + stderr, json: json && JSON.parse(json) }
}

async function must(...args) {
  const answer = await postiz(...args)
  assert.equal(answer.code, 0, `${args.join(' ')}\n${answer.output}`)
  assert.ok(answer.json, answer.output)
  return answer.json
}

const inHours = (hours) => new Date(Date.now() + hours * 3600_000).toISOString()

before(async () => {
  fs.writeFileSync(picture, png(64, 64))
  const address = `127.0.0.1:${await freePort()}`
  platform = await new Program(['sandbox', 'serve', '--listen', address, '--data', folder()], { url: `http://${address}`, ready: '/' }).start()
  rostrum = await Rostrum.start()
  await rostrum.createOwner()
  channel = await rostrum.addChannel('sandbox', { server: platform.url })
})

after(async () => {
  await rostrum?.kill()
  await platform?.kill()
})

test('integrations:list', async () => {
  const [listed, ...more] = await must('integrations:list')
  assert.equal(more.length, 0)
  assert.equal(listed.id, channel.id)
  assert.equal(listed.identifier, 'sandbox')
  assert.equal(listed.name, channel.name)
  assert.equal(listed.disabled, false)
})

test('upload', async () => {
  const media = await must('upload', picture)
  assert.ok(media.id)
  assert.match(media.path, /^http.*\.png$/)
  const file = await fetch(media.path)
  assert.equal(file.status, 200)
  assert.equal(file.headers.get('content-type'), 'image/png')
  assert.deepEqual(Buffer.from(await file.arrayBuffer()), fs.readFileSync(picture))
})

test('posts:create makes a draft with a picture and a comment', async () => {
  const media = await must('upload', picture)
  const [created] = await must('posts:create', '-t', 'draft', '-s', inHours(2), '-i', channel.id, '-c', 'A draft by the client', '-m', media.path, '-c', 'and its comment')
  assert.equal(created.integration, channel.id)
  const post = await rostrum.post(created.postId)
  assert.equal(post.state, 'DRAFT')
  assert.match(post.content, /A draft by the client/)
})

test('posts:create schedules, and what is due is published', async () => {
  const later = inHours(5)
  const [scheduled] = await must('posts:create', '-t', 'schedule', '-s', later, '-i', channel.id, '-c', 'Scheduled by the client')
  const post = await rostrum.post(scheduled.postId)
  assert.equal(post.state, 'QUEUE')
  assert.equal(new Date(post.publishDate).getTime(), new Date(later).getTime())
  const [due] = await must('posts:create', '-s', new Date(Date.now() + 1500).toISOString(), '-i', channel.id, '-c', 'Published by the client')
  const { releaseURL } = await rostrum.state(due.postId, 'PUBLISHED')
  assert.match(releaseURL, /^http/)
})

test('posts:list', async () => {
  const { posts } = await must('posts:list')
  assert.ok(posts.length >= 3)
  for (const post of posts) {
    assert.ok(post.id && post.publishDate && post.content, JSON.stringify(post))
    assert.equal(post.integration.id, channel.id)
    assert.equal(post.integration.providerIdentifier, 'sandbox')
  }
})

test('posts:list within dates', async () => {
  const { posts } = await must('posts:list', '--startDate', inHours(4), '--endDate', inHours(6))
  assert.deepEqual(posts.map(({ content }) => content.replace(/<[^>]*>/g, '')), ['Scheduled by the client'])
})

test('posts:delete', async () => {
  const [created] = await must('posts:create', '-s', inHours(9), '-i', channel.id, '-c', 'To be deleted')
  assert.ok(await rostrum.post(created.postId))
  const { code, output } = await postiz('posts:delete', created.postId)
  assert.equal(code, 0, output)
  assert.equal(await rostrum.post(created.postId), undefined)
})

test('a wrong key, an unknown channel and a wrong file fail with words', async () => {
  const key = rostrum.key
  rostrum.key = 'f'.repeat(64)
  const refused = await postiz('integrations:list')
  rostrum.key = key
  assert.notEqual(refused.code, 0)
  assert.match(refused.output, /Invalid API key/)

  const unknown = await postiz('posts:create', '-s', inHours(1), '-i', 'nobody', '-c', 'To nobody')
  assert.notEqual(unknown.code, 0)
  assert.match(unknown.output, /integration|channel/i)

  const page = path.join(room, 'page.png')
  fs.writeFileSync(page, '<html><script>alert(1)</script></html>')
  const wrong = await postiz('upload', page)
  assert.notEqual(wrong.code, 0)
  assert.match(wrong.output, /400/)
})
