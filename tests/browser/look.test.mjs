// The week of posting times and the customers of channels: by mouse, by finger, by keyboard, without scripts, and taken back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Browser, submit, until } from './support.mjs'
import { Door, setUp } from './stock.mjs'

let browser, channels

before(async () => {
  browser = await Browser.start()
  await setUp(browser)
  const door = await Door.open(browser)
  for (const handle of ['ada', 'byron', 'babbage']) await door.post('/channels/connect/sandbox', { handle })
  for (const name of ['Acme', 'Zoe']) await door.post('/channels/customers', { name })
  await door.page.goto('/channels')
  channels = await door.page.locator('.channel-row').evaluateAll((rows) => rows.map((row) => row.dataset.channel))
  await door.page.close()
})

after(() => browser?.stop())

const week = (page) => page.locator('.week tbody tr').evaluateAll((rows) => rows.map((row) => `${row.cells[0].textContent} ${[...row.querySelectorAll('.week-cell')].map((cell) => (cell.ariaPressed === 'true' ? '1' : '0')).join('')}`))
const shows = (page, expected) => until(expected.join(', '), async () => (await week(page)).join() === expected.join(), { seconds: 10, describe: async () => (await week(page)).join() })

test('posting times are switched where they stand, added, removed and had again', async () => {
  const page = await browser.page()
  await page.goto(`/channels/${channels[0]}`)
  await shows(page, ['09:20 1111111', '14:10 1111111', '19:00 1111111'])
  const cell = (day, time) => page.getByRole('button', { name: `${day} at ${time}` })
  await cell('Saturday', '09:20').click()
  await shows(page, ['09:20 1111101', '14:10 1111111', '19:00 1111111'])
  await until('the focus to stay', () => cell('Saturday', '09:20').evaluate((button) => button === document.activeElement), { seconds: 5 })
  // Arrow keys lead through the week; Space switches.
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Space')
  await shows(page, ['09:20 1111101', '14:10 1111110', '19:00 1111111'])
  await page.locator('#f-time').fill('11:45')
  for (const day of [6, 7]) await page.locator(`.weekdays [value="${day}"]`).uncheck({ force: true })
  await page.locator('.slot-form button').click()
  await shows(page, ['09:20 1111101', '11:45 1111100', '14:10 1111110', '19:00 1111111'])
  await page.getByRole('button', { name: 'Remove 14:10' }).click()
  await shows(page, ['09:20 1111101', '11:45 1111100', '19:00 1111111'])
  await page.locator('.toasts').getByRole('button', { name: 'Undo' }).click()
  await shows(page, ['09:20 1111101', '11:45 1111100', '14:10 1111110', '19:00 1111111'])
  await page.locator('#f-time').fill('19:00')
  await page.locator('.slot-form button').click()
  await page.locator('#e-time').waitFor()
  assert.match(await page.locator('#e-time').innerText(), /19:00 already/)
  browser.troubles = browser.troubles.filter((trouble) => !/: 422 .*\/slots$/.test(trouble))
  await browser.look(page, 'slots')
  browser.check()
})

test('the week without JavaScript', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto(`/channels/${channels[1]}`)
  await submit(page, page.getByRole('button', { name: 'Monday at 19:00' }))
  assert.equal(await page.getByRole('button', { name: 'Monday at 19:00' }).getAttribute('aria-pressed'), 'false')
  await submit(page, page.getByRole('button', { name: 'Remove 09:20' }))
  await submit(page, page.locator('.flashes').getByRole('button', { name: 'Undo' }))
  assert.equal(await page.getByRole('button', { name: 'Remove 09:20' }).count(), 1)
  browser.check()
})

const row = (page, id) => page.locator(`.channel-row[data-channel="${id}"]`)
const group = (page, name) => page.locator('.channel-group', { has: page.locator('h2', { hasText: name }) })
const stands = (page, id, name) => until(`the channel at ${name}`, async () => (await group(page, name).locator(`[data-channel="${id}"]`).count()) === 1, { seconds: 10, describe: () => page.locator('main').innerText() })

test('a channel is dragged to a customer and back', async () => {
  const page = await browser.page()
  await page.goto('/channels')
  await page.locator('[data-channel-groups]').waitFor()
  await until('the script', () => page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/drag.js'))), { seconds: 10 })
  const from = await row(page, channels[0]).boundingBox(), to = await group(page, 'Zoe').boundingBox()
  await page.mouse.move(from.x + 200, from.y + 20)
  await page.mouse.down()
  await page.mouse.move(from.x + 215, from.y + 30, { steps: 4 })
  await page.mouse.move(to.x + 200, to.y + to.height / 2, { steps: 8 })
  await page.locator('.channel-group.is-target').waitFor()
  if (process.env.SHOTS) await page.screenshot({ path: 'shots/channels-dragged.png' })
  await page.mouse.up()
  await stands(page, channels[0], 'Zoe')
  assert.equal(new URL(page.url()).pathname, '/channels', 'a drag is no click')
  await page.locator('.toasts').getByRole('button', { name: 'Undo' }).click()
  await stands(page, channels[0], 'Nobody in particular')
  browser.check()
})

test('a finger carries a channel after a long press', async () => {
  const page = await browser.page({ width: 'phone', touch: true })
  await page.goto('/channels')
  await until('the script', () => page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/drag.js'))), { seconds: 10 })
  const session = await page.context().newCDPSession(page)
  const touch = (type, x, y) => session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] })
  const from = await row(page, channels[1]).boundingBox(), to = await group(page, 'Acme').boundingBox()
  await touch('touchStart', from.x + 90, from.y + 25)
  await page.locator('.cal-ghost').waitFor()
  for (let step = 1; step <= 6; step++) await touch('touchMove', from.x + 90, from.y + 25 + ((to.y + 30 - from.y - 25) * step) / 6)
  await page.locator('.channel-group.is-target').waitFor()
  await touch('touchEnd')
  await stands(page, channels[1], 'Acme')
  browser.check()
})

test('the same by a form, without a script', async () => {
  const page = await browser.page({ javaScript: false })
  await page.goto('/channels/customers')
  await page.locator(`[id="f-of-${channels[2]}"]`).selectOption({ label: 'Zoe' })
  await submit(page, page.locator(`form[action="/channels/${channels[2]}/customer"] button`))
  await page.goto('/channels')
  assert.equal(await group(page, 'Zoe').locator(`[data-channel="${channels[2]}"]`).count(), 1)
  const shown = await browser.page()
  await shown.goto('/channels')
  await browser.look(shown, 'channels-grouped')
})
