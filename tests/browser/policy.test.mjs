// Late posts, limits and repetitions, as a person chooses and meets them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)
const form = (page, action) => page.locator(`main form[action="${action}"]`)

before(async () => {
  process.env.ROSTRUM_DELIVERY__LIMIT_SANDBOX = 'true'
  browser = await Browser.start()
  const page = await browser.page({ signedIn: false })
  await page.goto(browser.setUpLink)
  for (const name of ['name', 'email', 'password', 'organisation']) await field(page, name).fill(owner[name])
  await submit(page, page.locator('main form').getByRole('button'))
  await browser.keepSession(page)
  await page.goto('/channels/connect/sandbox')
  await submit(page, page.locator('main form .primary'))
})

after(() => browser?.stop())

test('the organisation chooses what becomes of late posts', async () => {
  const page = await browser.page({ javaScript: true })
  await page.goto('/settings/organisation')
  await page.locator('.settings-nav a[href="/settings/delivery"]').click()
  await page.waitForURL('**/settings/delivery')
  await browser.look(page, 'delivery-settings')
  await field(page, 'late_minutes').fill('90')
  await field(page, 'late_policy').selectOption('skip')
  await field(page, 'channel_per_hour').fill('12')
  assert.equal((await submit(page, form(page, '/settings/delivery').getByRole('button'))).status(), 200)
  assert.equal(await field(page, 'late_minutes').inputValue(), '90')
  assert.equal(await field(page, 'late_policy').inputValue(), 'skip')
  await page.evaluate(() => { document.querySelector('#f-channel_per_hour').removeAttribute('max') })
  await field(page, 'channel_per_hour').fill('9000')
  assert.equal((await submit(page, form(page, '/settings/delivery').getByRole('button'))).status(), 422)
  await browser.look(page, 'delivery-settings-wrong')
})

test('a channel chooses for itself, without JavaScript too', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto('/channels')
  await page.goto(await page.locator('.channel-row a.stretch').getAttribute('href'))
  const late = page.locator('main form[action$="/late"]')
  assert.match(await late.innerText(), /As the organisation has it: Do not send it/)
  await late.locator('[name=late_minutes]').fill('5')
  await late.locator('[name=late_policy]').selectOption('next_free_slot')
  await submit(page, late.getByRole('button'))
  assert.equal(await page.locator('[name=late_minutes]').inputValue(), '5')
  const looking = await browser.page()
  await looking.goto(page.url())
  await browser.look(looking, 'channel-late')
})

test('the same text to the same channel is asked about', async () => {
  const page = await browser.page()
  for (const round of [1, 2]) {
    await page.goto('/posts/new')
    await page.locator('[id="f-parts[0][text]"], [name="parts[0][text]"]').first().fill('Twice told')
    await page.locator('input[name=when][value=now]').check()
    const answer = await submit(page, page.locator('[data-save]'))
    assert.equal(answer.status(), round === 1 ? 200 : 422)
  }
  await browser.look(page, 'compose-same')
  await field(page, 'allow_duplicate').check()
  assert.equal((await submit(page, page.locator('[data-save]'))).status(), 200)
  assert.match(page.url(), /\/posts\/[0-9a-f-]+$/)
})
