// Notices as a person meets them: the bell, the list, the choice of mails, and the operator's jobs.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit, until } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const main = (page) => page.locator('main form')

before(async () => {
  browser = await Browser.start()
})

after(() => browser?.stop())

test('nothing to tell at first', async () => {
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, main(page).getByRole('button'))
  await browser.keepSession(page)
  await page.goto('/notices')
  assert.match(await page.locator('main').innerText(), /Nothing to tell/)
  await browser.look(page, 'notices-empty')
})

test('a refused post is told, read and forgotten', async () => {
  const page = await browser.page()
  await page.goto('/channels/connect/sandbox')
  await field(page, 'handle').fill('olive')
  await submit(page, main(page).getByRole('button', { name: 'Connect' }))
  await page.goto('/sandbox')
  await page.locator('select[name="answer"]').selectOption('reject')
  await submit(page, page.getByRole('button', { name: 'Apply' }))
  await page.goto('/posts/new')
  await page.locator('textarea').first().fill('A post that nobody wants')
  await page.locator('input[name="when"][value="now"]').check()
  await submit(page, page.getByRole('button', { name: 'Publish now' }))
  await until('the notice', async () => {
    await page.goto('/notices')
    return (await page.locator('.notice-row').count()) === 1
  }, { describe: () => page.locator('main').innerText() })
  const row = page.locator('.notice-row')
  assert.match(await row.innerText(), /A post failed on .*It is not live/s)
  assert.equal(await page.locator('.sidebar .nav a[href="/notices"] .count').innerText().then((t) => t.match(/\d+/)[0]), '1')
  await browser.look(page, 'notices')
  await submit(page, row.getByRole('button', { name: 'Mark as read' }))
  assert.equal(await page.locator('.sidebar .nav a[href="/notices"] .count').count(), 0)
  await row.getByRole('link', { name: 'Open the post' }).click()
  await page.waitForURL(/\/posts\/[0-9a-f-]{36}/)
  browser.check()
})

test('mails are chosen without JavaScript', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto('/settings/notices')
  await field(page, 'post.failed').selectOption('daily')
  await submit(page, page.getByRole('button', { name: 'Save' }))
  assert.equal(await field(page, 'post.failed').inputValue(), 'daily')
  const again = await browser.page()
  await again.goto('/settings/notices')
  await browser.look(again, 'notices-choices')
})

test('the operator sees the jobs', async () => {
  const page = await browser.page()
  await page.goto('/admin/jobs')
  assert.match(await page.locator('main').innerText(), /notify\.raise/)
  await browser.look(page, 'admin-jobs')
})
