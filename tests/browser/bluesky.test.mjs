// The main job on a real Bluesky server, in the browser: connect, write a thread of three parts with a picture, publish.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { folder, here, run } from '../peers/support.mjs'
import { Browser, owner, png, submit, until } from './support.mjs'

const room = folder()
const password = 'carol has a password'
const picture = { name: 'sunset.png', mimeType: 'image/png', buffer: png(320, 240) }
let server, browser

async function xrpc(method, { query, body } = {}) {
  const url = `${server}/xrpc/${method}${query ? `?${new URLSearchParams(query)}` : ''}`
  const answer = await fetch(url, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {})
  assert.ok(answer.ok, `${method}: ${answer.status}`)
  return answer.json()
}

before(async () => {
  const { code, stdout, stderr } = await run(path.join(here, 'bsky-pds.sh'), ['start'], { env: { RUN_DIR: room }, seconds: 600 })
  assert.equal(code, 0, stderr)
  server = stdout.trim()
  await xrpc('com.atproto.server.createAccount', { body: { email: 'carol@example.com', handle: 'carol.test', password } })
  browser = await Browser.start()
}, { timeout: 900_000 })

after(async () => {
  await browser?.stop()
  await run(path.join(here, 'bsky-pds.sh'), ['stop'], { env: { RUN_DIR: room } })
})

test('a thread of three parts with a picture arrives at Bluesky', async () => {
  const page = await browser.page({ signedIn: false })
  const field = (name) => page.locator(`[name="${name}"]`)
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(name).fill(owner[name])
  await submit(page, page.locator('main form button').last())
  await page.goto('/channels/connect/bluesky')
  await field('service').fill(server)
  await field('identifier').fill('carol.test')
  await field('password').fill(password)
  const connected = await submit(page, page.locator('main form button').last())
  assert.ok(connected.ok(), await page.locator('main').innerText())

  await page.goto('/posts/new')
  // The only channel is chosen already.
  await field('parts[0][text]').fill('One, with a sunset')
  await field('parts[0][files]').setInputFiles(picture)
  const alt = page.locator('textarea[name^="parts[0][alt]"]')
  await alt.waitFor()
  await alt.fill('A sunset in one colour')
  for (const [n, text] of [[1, 'Two'], [2, 'Three']]) {
    await page.locator('[data-add-part]').click()
    await field(`parts[${n}][text]`).fill(text)
  }
  await page.locator('input[name=when][value=now]').check()
  const saved = await submit(page, page.locator('[data-save]'))
  assert.ok(saved.ok(), await page.locator('main').innerText())

  const list = () => xrpc('com.atproto.repo.listRecords', { query: { repo: 'carol.test', collection: 'app.bsky.feed.post', reverse: true } })
  const records = await until('three records', async () => {
    const { records } = await list()
    return records.length >= 3 && records
  })
  // Their keys are made with the post; what tells the order is when each was written.
  records.sort((a, b) => a.value.createdAt.localeCompare(b.value.createdAt))
  assert.deepEqual(records.map((r) => r.value.text), ['One, with a sunset', 'Two', 'Three'])
  assert.equal(records[0].value.embed.images[0].alt, 'A sunset in one colour')
  assert.deepEqual(records[0].value.embed.images[0].aspectRatio, { width: 320, height: 240 })
  assert.equal(records[2].value.reply.root.uri, records[0].uri)
  assert.equal(records[2].value.reply.parent.uri, records[1].uri)
  await until('the page to say so', async () => /Published/.test(await page.locator('.target').innerText()))
  assert.equal((await list()).records.length, 3)
  browser.check()
})
