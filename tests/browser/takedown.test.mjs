// What is live is deleted at its platform from the page of the post: taken back without scripts, then done and followed with them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit } from './support.mjs'

let browser, post
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const deletion = (page) => page.getByRole('button', { name: 'Delete from Sandbox' })

before(async () => {
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, page.locator('main form').getByRole('button'))
  await browser.keepSession(page)
  await page.goto('/channels/connect/sandbox')
  await field(page, 'handle').fill('press')
  await submit(page, page.locator('main form .primary'))
  await page.goto('/posts/new')
  await page.locator('input[name=channels]').first().check({ force: true })
  await field(page, 'parts[0][text]').fill('A price that was wrong: two loaves for one.')
  await page.locator('[name=when][value=now]').check({ force: true })
  await submit(page, page.locator('[data-save]'))
  post = new URL(page.url()).pathname
  await page.getByText('It is live on Sandbox').waitFor()
})

after(() => browser?.stop())

test('the deletion is taken back without a script', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto(post)
  await submit(page, deletion(page))
  const notice = page.locator('.notice', { hasText: 'about to be deleted from Sandbox' })
  await notice.waitFor()
  assert.equal(await deletion(page).count(), 0, 'it is asked for once')
  await submit(page, notice.getByRole('button', { name: 'Undo' }))
  assert.match(await page.locator('main').innerText(), /It is live on Sandbox/)
  assert.equal(await deletion(page).count(), 1)
})

test('the page follows along until nothing is live, by keyboard alone', async () => {
  const page = await browser.page()
  await page.goto(post)
  await browser.look(page, 'post-live')
  await deletion(page).focus()
  await page.keyboard.press('Enter')
  await page.getByText('about to be deleted from Sandbox').waitFor()
  await browser.look(page, 'post-takedown')
  await page.getByText('has been deleted from Sandbox').waitFor({ timeout: 30_000 })
  assert.equal(await deletion(page).count(), 0)
  assert.equal(await page.getByRole('link', { name: 'See it live' }).count(), 0)
  await browser.look(page, 'post-taken-down')
})
