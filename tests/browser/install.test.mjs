// The web app as something that a phone installs and shares to.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit } from './support.mjs'

let browser

before(async () => {
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await page.locator(`#f-${name}`).fill(owner[name])
  await submit(page, page.locator('main form').getByRole('button'))
  await browser.keepSession(page)
  await page.goto('/channels/connect/sandbox')
  await submit(page, page.locator('main form .primary'))
})

after(() => browser?.stop())

test('Chromium finds nothing that keeps it from being installed', async () => {
  const page = await browser.page()
  await page.goto('/calendar')
  const session = await page.context().newCDPSession(page)
  const { errors, url } = await session.send('Page.getAppManifest')
  assert.match(url, /\/manifest\.webmanifest$/)
  assert.deepEqual(errors, [])
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
  // A page that a test drives is in a private window, and that is all there is to say against it.
  assert.deepEqual(installabilityErrors.map((error) => error.errorId).filter((id) => id !== 'in-incognito'), [])
})

test('what is shared while signed out is there after the login', async () => {
  const page = await browser.page({ signedIn: false })
  await page.goto('/posts/new?title=Looms&text=A%20history&url=https%3A%2F%2Fexample.org%2F1')
  await page.locator('#f-email').fill(owner.email)
  await page.locator('#f-password').fill(owner.password)
  await submit(page, page.locator('main form').getByRole('button'))
  await page.waitForURL('**/posts/new?*')
  assert.equal(await page.locator('textarea').first().inputValue(), 'Looms\nA history\nhttps://example.org/1')
})
