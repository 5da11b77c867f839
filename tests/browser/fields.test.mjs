// A provider's fields of every kind in Chromium: the composer's own form (tests/browser/fields.html, kept current by a Rust test)
// with its own scripts, and a platform whose lists this file gives.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const origin = 'http://rostrum.example'
const panel = await readFile(new URL('fields.html', import.meta.url), 'utf8')
const row = (id, name) => ({ value: `${id}\t${name}`, label: name })
let browser

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
})
after(() => browser?.close())

/** The form, what it asked for, and what went wrong. */
async function open(lists) {
  const page = await browser.newPage()
  const asked = []
  const troubles = []
  page.on('pageerror', (error) => troubles.push(error.stack))
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url())
    if (url.pathname.startsWith('/js/')) return route.fulfill({ contentType: 'text/javascript', body: await readFile(new URL(`../../assets${url.pathname}`, import.meta.url)) })
    if (url.pathname.startsWith('/channels/')) {
      asked.push(decodeURIComponent(url.pathname.split('/').pop() + url.search))
      return route.fulfill({ contentType: 'application/json', body: JSON.stringify(lists(url.pathname.split('/').pop(), url.searchParams)) })
    }
    if (url.pathname !== '/') return route.fulfill({ status: 404, body: '' })
    const start = "import { start } from '/js/fields.js'; document.querySelectorAll('[data-fields]').forEach(start); document.body.dataset.started = ''"
    return route.fulfill({ contentType: 'text/html', body: `<!doctype html><form>${panel}</form><script type="module">${start}</script>` })
  })
  await page.goto(origin)
  await page.waitForSelector('[data-started]')
  const sent = () => page.evaluate(() => [...new FormData(document.querySelector('form'))].filter(([, value]) => typeof value === 'string'))
  return { page, asked, troubles, sent }
}

const nothing = () => ({ choices: [] })

test('entries come and go, and what is not asked for is hidden', async () => {
  const { page, troubles, sent } = await open(nothing)
  const url = page.locator('[name="settings[c3][subreddit][0][url]"]')
  assert.equal(await url.isVisible(), true)
  await page.selectOption('[name="settings[c3][subreddit][0][type]"]', 'self')
  assert.equal(await url.isVisible(), false)
  await page.click('[data-add-entry]')
  await page.fill('[name="settings[c3][subreddit][1][title]"]', 'Second')
  assert.equal(await page.locator('[name="settings[c3][subreddit][1][url]"]').isVisible(), false, 'a new entry is a text')
  await page.locator('[data-entry] [data-remove-entry]').first().click()
  await page.click('[data-add-entry]')
  const names = (await sent()).map(([name]) => name).filter((name) => name.endsWith('[title]'))
  assert.deepEqual(names, ['settings[c3][subreddit][1][title]', 'settings[c3][subreddit][2][title]'], 'no number is used twice')
  assert.deepEqual(troubles, [])
})

test('typing searches, the first that is found is chosen, and what depends on it is asked for', async () => {
  const lists = (name, query) => (name === 'subreddits' ? { choices: [row('/r/loom', '/r/loom'), row('/r/looms', '/r/looms')] } : { choices: [row('f1', `Flair of ${query.get('subreddit')}`)] })
  const { page, asked, troubles, sent } = await open(lists)
  await page.locator('input[type=search]').first().fill('')
  await page.locator('input[type=search]').first().pressSequentially('loom')
  await page.waitForFunction(() => document.querySelector('[name="settings[c3][subreddit][0][subreddit]"]').value.startsWith('/r/loom\t'))
  await page.waitForFunction(() => [...document.querySelectorAll('option')].some((option) => option.textContent === 'Flair of /r/loom'))
  assert.deepEqual(asked, ['subreddits?query=loom', 'flairs?subreddit=/r/loom'], 'one question for the whole word')
  assert.equal(await page.locator('[data-trouble]').first().textContent(), '2 found')
  assert.ok((await sent()).some(([name, value]) => name === 'settings[c3][subreddit][0][subreddit]' && value === '/r/loom\t/r/loom'))
  await page.locator('input[type=search]').first().press('Enter')
  assert.equal(new URL(page.url()).pathname, '/', 'Enter searches and does not send the form')
  assert.deepEqual(troubles, [])
})

test('tags are picked, typed and dropped, up to the most', async () => {
  const { page, troubles, sent } = await open(nothing)
  const tags = async () => (await sent()).filter(([name, value]) => name === 'settings[c3][tags]' && value).map(([, value]) => value)
  assert.deepEqual(await tags(), ['7\trust'])
  await page.selectOption('select[name="settings[c3][tags]"]', '8\tweb')
  const words = page.locator('input[data-words][name="settings[c3][tags]"]')
  await words.fill('one, rust, two, three')
  await words.press('Enter')
  assert.deepEqual(await tags(), ['7\trust', '8\tweb', 'one\tone', 'rust\trust'])
  await page.locator('[data-chosen] input').first().click()
  assert.deepEqual(await tags(), ['8\tweb', 'one\tone', 'rust\trust'])
  assert.deepEqual(troubles, [])
})

test('trouble is said where it happens, and what was chosen stays', async () => {
  const { page, asked, troubles, sent } = await open((name) => (name === 'tags' ? { trouble: 'The platform is away' } : { choices: [] }))
  await page.locator('[data-tags] [data-ask]').first().click()
  await page.waitForFunction(() => document.body.textContent.includes('The platform is away'))
  assert.deepEqual(asked, ['tags?again=1'])
  assert.ok((await sent()).some(([name, value]) => name === 'settings[c3][tags]' && value === '7\trust'))
  assert.ok(await page.locator('input[name="settings[c3][place]"]').isVisible(), 'where no list can be had its id can be typed')
  assert.deepEqual(troubles, [])
})
