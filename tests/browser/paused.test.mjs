// An instance that was restored: the operator sees why nothing goes out, what was due, and lets it go on.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Browser, owner, submit, until } from './support.mjs'

let browser

before(async () => {
  browser = await Browser.start()
  const { rostrum } = browser
  await rostrum.createOwner(owner)
  const channel = await rostrum.addChannel('sandbox', { handle: 'workshop' })
  const second = await rostrum.addChannel('sandbox', { handle: 'a-channel-with-a-rather-long-name' })
  for (const at of [channel, second]) {
    await rostrum.schedule(at.id, [{ content: `Due meanwhile, for ${at.name}`, image: [] }], { date: new Date(Date.now() + 4000) })
  }
  await rostrum.stop()
  // As a copy of the database alone would be.
  fs.rmSync(path.join(rostrum.data, 'instance.json'))
  await new Promise((done) => setTimeout(done, 4500))
  await rostrum.start()
})

after(() => browser?.stop())

test('a banner on every page leads to the page that lets it go on', async () => {
  const page = await browser.page({ signedIn: false })
  await page.goto('/login')
  await page.locator('[id="f-email"]').fill(owner.email)
  await page.locator('[id="f-password"]').fill(owner.password)
  await submit(page, page.locator('main form').getByRole('button'))
  await browser.keepSession(page)
  for (const address of ['/posts', '/channels', '/posts/new']) {
    await page.goto(address)
    assert.equal(await page.locator('[data-paused]').count(), 1, address)
  }
  await page.goto('/channels')
  await browser.look(page, 'paused-banner')
  await page.locator('[data-paused] a').click()
  await page.waitForURL('**/admin/resume')
  assert.equal(await page.locator('tbody tr').count(), 2)
  await browser.look(page, 'paused')
  const answer = await submit(page, page.getByRole('button', { name: 'Look them up and go on' }))
  assert.ok(answer.ok())
  assert.match(await page.locator('.flashes').innerText(), /2 parts are being looked up/)
  assert.equal(await page.locator('[data-paused]').count(), 0)
  const posts = async () => (await browser.rostrum.posts()).filter((post) => post.state === 'PUBLISHED').length
  await until('both to be out', async () => (await posts()) === 2)
  await page.goto('/admin/resume')
  await browser.look(page, 'paused-no-more')
})
