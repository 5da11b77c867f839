// From set-up to a published post by the first steps alone, with the seconds it takes; once more without JavaScript.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, said, submit, until } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)

before(async () => {
  browser = await Browser.start()
})

after(() => browser?.stop())

test('a published post within two minutes of set-up', async () => {
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  const began = Date.now()
  await submit(page, page.locator('main form').getByRole('button'))
  await browser.keepSession(page)
  assert.equal(new URL(page.url()).pathname, '/start')
  await browser.look(page, 'start')
  await submit(page, page.locator('.first-step.is-current form button'))
  await browser.look(page, 'start-practice')
  await page.locator('.first-step.is-current a.button').click()
  await page.waitForURL('**/posts/new?**')
  assert.match(await said(page), /Hello from Rostrum/)
  assert.equal(await page.locator('input[name=when][value=now]').isChecked(), true)
  await submit(page, page.locator('[data-save]'))
  await page.waitForURL(/\/posts\/[0-9a-f-]{36}$/)
  await page.goto('/start')
  // The page follows by itself: nobody presses reload.
  await until('the step to be done', () => page.locator('.first-step:nth-child(3).is-done').count(), { seconds: 30, describe: () => page.locator('main').innerText() })
  console.log(`a published post ${((Date.now() - began) / 1000).toFixed(1)} s after set-up`)
  assert.ok(Date.now() - began < 120_000)
  assert.match(await page.locator('.first-step.is-current').innerText(), /real channel/)
  await browser.look(page, 'start-published')
  await page.locator('.first-step:nth-child(3) a.button').click()
  await page.waitForURL('**/sandbox/**')
  assert.match(await page.locator('main').innerText(), /Hello from Rostrum/)
  await page.goto('/calendar')
  await browser.look(page, 'start-line')
})

test('hidden and brought back without JavaScript', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto('/start')
  await submit(page, page.locator('form[action="/start/hiding"] button'))
  assert.equal(await page.locator('.sidebar a[href="/start"]').count(), 0)
  await submit(page, page.locator('form[action="/start/return"] button'))
  assert.equal(new URL(page.url()).pathname, '/start')
  assert.equal(await page.locator('.sidebar a[href="/start"]').count(), 1)
  browser.check()
})

test('settings: an index on a phone, a list at the side where there is room', async () => {
  const page = await browser.page()
  await page.goto('/settings')
  await browser.look(page, 'settings')
  await page.locator('.settings-list a[href="/settings/tags"]').click()
  await page.waitForURL('**/settings/tags')
  assert.equal(await page.locator('.settings-nav').isVisible(), true)
  assert.equal(await page.locator('h1').innerText(), 'Tags')
  await browser.look(page, 'settings-tags')
  await page.setViewportSize({ width: 390, height: 844 })
  assert.equal(await page.locator('.settings-nav').isVisible(), false)
  await page.locator('.settings-back a').click()
  await page.waitForURL('**/settings')
  browser.check()
})
