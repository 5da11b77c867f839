// A post that goes out every week: its dates before saving, its occurrences afterwards, and a pause.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, owner, submit, until } from './support.mjs'

let browser
const field = (page, name) => page.locator(`[id="f-${name}"]`)

before(async () => {
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

// Some days from now on the clock of the form's zone.
function inDays(days) {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}

async function compose(page, text) {
  await page.goto('/posts/new')
  await page.locator('input[name=channels]').first().check({ force: true })
  await field(page, 'parts[0][text]').fill(text)
  await page.locator('input[name=when][value=at]').check({ force: true })
  await field(page, 'date').fill(inDays(3))
  await field(page, 'time').fill('09:00')
}

const dates = (page) => page.locator('[data-repeat-next] li')

test('the dates follow the rule while one types', async () => {
  const page = await browser.page()
  await compose(page, 'Every week')
  await field(page, 'repeat').selectOption('weeks')
  await until('five dates', async () => (await dates(page).count()) === 5, { seconds: 10, describe: () => page.locator('.repeat').innerText() })
  const weekly = await dates(page).allInnerTexts()
  assert.ok(weekly.every((line) => line.endsWith('09:00')), weekly.join())
  await field(page, 'repeat_n').fill('2')
  await until('other dates', async () => (await dates(page).allInnerTexts())[1] === weekly[2], { seconds: 10 })
  await field(page, 'repeat').selectOption('cron')
  await field(page, 'repeat_cron').fill('nonsense')
  await page.locator('[data-repeat-next] .error').waitFor()
  await browser.look(page, 'compose-repeat-wrong')
  await field(page, 'repeat').selectOption('weeks')
  await dates(page).first().waitFor()
  await browser.look(page, 'compose-repeat')
})

test('a weekly post is planned, listed, paused and resumed', async () => {
  const page = await browser.page()
  await compose(page, 'Every week')
  await field(page, 'repeat').selectOption('weeks')
  await dates(page).first().waitFor()
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  assert.match(await page.locator('.series h2').innerText(), /^Every week on \w+ at 09:00$/)
  assert.ok((await page.locator('.series-line').count()) >= 7)
  await browser.look(page, 'series')
  const post = page.url()

  await page.goto(`/posts?month=${inDays(33).slice(0, 7)}`)
  assert.ok((await page.locator('.post-row').count()) >= 2, await page.locator('main').innerText())
  assert.ok((await page.locator('.post-row use[href$="#repeat"]').count()) >= 2)
  await browser.look(page, 'posts-repeat')

  await page.goto(post)
  await submit(page, page.locator('form[action$="/recurrence/pause"] button'))
  assert.equal(await page.locator('.series-line').count(), 0)
  assert.equal(await page.locator('.target .badge').innerText(), 'Held')
  await browser.look(page, 'series-paused')
  await submit(page, page.locator('form[action$="/recurrence/resumption"] button').last())
  assert.ok((await page.locator('.series-line').count()) >= 7)

  await page.locator('.series-more summary').first().click()
  const before = await page.locator('.series-line').first().innerText()
  await submit(page, page.locator('.series-more form').first().getByRole('button').first())
  assert.notEqual(await page.locator('.series-line').first().innerText(), before)
  await browser.look(page, 'series-one-less')
})

test('one occurrence is edited alone', async () => {
  const page = await browser.page()
  await page.goto('/posts')
  await page.goto(`/posts?month=${inDays(33).slice(0, 7)}`)
  await page.locator('.post-row a.stretch').first().click()
  await page.waitForURL(/posts\/[0-9a-f-]+$/)
  await page.locator('.series-line a').nth(1).click()
  await field(page, 'parts[0][text]').fill('Only this one')
  assert.equal(await field(page, 'repeat').count(), 0)
  await browser.look(page, 'compose-one')
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  assert.equal(await page.locator('.series-line', { hasText: 'changed alone' }).count(), 1)
})

test('without any script the dates are shown by the server', async () => {
  const page = await browser.page({ javaScript: false })
  await compose(page, 'Every month')
  await field(page, 'repeat').selectOption('months')
  await submit(page, page.locator('.when button[value=preview]'))
  assert.equal(await dates(page).count(), 5)
  const answer = await submit(page, page.locator('[data-save]'))
  assert.ok(answer.ok(), await page.locator('main').innerText())
  assert.match(await page.locator('.series h2').innerText(), /^Every month on day \d+/)
  browser.check()
})
