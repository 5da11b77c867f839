// Takes every page of the program. The list of pages is that of the tenancy test, which is held against the sources: a new page
// is taken by its path, and a path with a name that is not known here is a fault.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { Browser, owner } from './support.mjs'
import { Door, setUp, stock } from './stock.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const out = path.join(here, 'pictures.out')
const words = process.argv.slice(2)

// Answers that are no pages of the program: files, data, pieces of pages, and ways to elsewhere.
const NO_PAGES = ['/', '/manifest.webmanifest', '/openapi.json', '/api/v1/openapi.json', '/assets/:hash/*path', '/media/file/*path', '/media/picker', '/live', '/notices/menu', '/channels/:id/lookups/:name',
  '/channels/:id/mentions', '/channels/connections/:id', '/channels/connections/:id/pictures/:n', '/channels/pictures/:file', '/integrations/social/:provider', '/sandbox/media/:id', '/posts/recurrence']

function paths() {
  const source = fs.readFileSync(path.join(here, '../it/tenancy.rs'), 'utf8')
  const detours = source.match(/const DETOURS[^=]*= \[([^\]]*)\]/)[1]
  const pages = [...source.matchAll(/^ {4}\("([a-z ]+)", "([^"]+)", (?:Open|Signed|Own)\),$/gm)]
  if (pages.length < 50) throw new Error('the table of pages was not found in tests/it/tenancy.rs')
  return pages.filter(([, methods, at]) => methods.split(' ').includes('get') && !detours.includes(`"${at}"`) && !NO_PAGES.includes(at)).map(([, , at]) => at)
}

// One path as addresses that show something: by itself, and in what states it is worth seeing.
function addresses(at, facts) {
  const post = facts.talked
  const channel = (provider) => facts.channels.find((one) => one.provider === provider).id
  const special = {
    '/posts/:id': [post, facts.thread, facts.published, facts.failed, facts.needs_you, facts.held, facts.published_incomplete, facts.missed, facts.series, facts.inReview].filter(Boolean).map((id) => `/posts/${id}`),
    '/posts/:id/edit': [`/posts/${post}/edit`, `/posts/${facts.thread}/edit`],
    '/posts/new': ['/posts/new', `/posts/new?from=${post}`],
    '/calendar': ['/calendar', '/calendar?view=week', '/calendar?view=day', '/calendar?view=list'],
    '/search': ['/search', '/search?q=oil', '/search?q=nothingofthekind'],
    '/channels': ['/channels'],
    '/channels/:id': ['bluesky', 'reddit', 'mewe', 'slack'].map((provider) => `/channels/${channel(provider)}`),
    '/channels/:id/plugs': ['bluesky', 'mastodon'].map((provider) => `/channels/${channel(provider)}/plugs`),
    '/channels/:id/app': [`/channels/${channel('reddit')}/app`],
    '/channels/connect': ['/channels/connect', '/channels/connect?q=nothing'],
    '/channels/connect/:provider': ['bluesky', 'mastodon', 'telegram', 'reddit', 'sandbox'].map((provider) => `/channels/connect/${provider}`),
    '/settings/apps/:provider': ['/settings/apps/reddit'],
    '/admin/apps/:provider': ['/admin/apps/discord'],
    '/join/:token': [new URL(facts.join).pathname, '/join/nobody'],
    '/r/:token': [new URL(facts.share).pathname, '/r/nobody'],
    '/mail/leave/:token': ['/mail/leave/nobody'],
    '/inbox': ['/inbox', '/inbox?filter=needs_you', '/inbox?filter=failed'],
    '/sandbox/:account': ['/sandbox/@ada'],
  }
  if (special[at]) return special[at]
  const ids = { outage: facts.outage, org: facts.org, user: facts.user, slot: facts.slot, id: { posts: post, channels: channel('bluesky'), media: facts.media[0].id }[at.split('/')[1]] }
  const filled = at.replace(/:(\w+)/g, (whole, name) => ids[name] ?? whole)
  return [filled]
}

const MAIN = ['/calendar', '/calendar?view=week', '/calendar?view=day', '/calendar?view=list', '/posts', '/posts/new', '/channels', '/channels/connect', '/inbox', '/media', '/media/design', '/reviews', '/notices', '/settings/account', '/search?q=oil']
const WITHOUT_SESSION = /^\/(login|setup|join|r\/|mail)/

const name = (address) => (address.replace(/\?token=.*/, '').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/[\w-]{43}/, 'TOKEN').replace(/[^\w-]+/g, '-').replace(/^-|-$/g, '') || 'home').slice(0, 80)

const rows = []
const taken = new Map()

async function settle(page) {
  await page.waitForLoadState('load')
  await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done))
    await document.fonts.ready
    await Promise.allSettled([...document.images].filter((image) => image.loading !== 'lazy').map((image) => image.decode()))
    await frame()
    await Promise.allSettled(document.getAnimations().map((animation) => animation.effect?.getTiming().iterations === Infinity || animation.finished))
    await frame()
  })
}

// What a finger cannot hit: controls below 44 pixels that do not stand within a sentence.
const smallTargets = (page) => page.evaluate(() => {
  const found = []
  for (const control of document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden]), textarea')) {
    const box = (control.closest('label') ?? control).getBoundingClientRect()
    const drawn = getComputedStyle(control)
    if (box.bottom <= 0 || box.width < 2 || box.height < 2 || drawn.visibility === 'hidden' || drawn.display === 'inline' || !control.checkVisibility()) continue
    const before = getComputedStyle(control, '::after')
    const grown = before.position === 'absolute' && before.content !== 'none'
    if (box.height < 43 && !grown) found.push(`${Math.round(box.width)}x${Math.round(box.height)} ${control.tagName.toLowerCase()}.${control.className} ${(control.textContent || control.getAttribute('aria-label') || control.name).trim().slice(0, 30)}`)
  }
  return found
})

async function take(browser, pages, address, file) {
  const row = { page: file, violations: [], overflow: [], console: [], small: 0 }
  for (const [width, page] of Object.entries(pages)) {
    browser.troubles = []
    await page.emulateMedia({ colorScheme: 'light' })
    const answer = await page.goto(address)
    if (answer.status() >= 400 && !/nobody|nowhere|ID-app/.test(`${address} ${file}`)) row.console.push(`answered ${answer.status()}`)
    await settle(page)
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme })
      await settle(page)
      const where = `${width} ${scheme}`
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
      if (wide > room) row.overflow.push(`${where}: ${wide} of ${room}`)
      await page.screenshot({ path: path.join(out, `${file}-${width}-${scheme}.png`), fullPage: true })
      if (process.env.AXE !== '0' && (width === 'desktop') === (scheme === 'light')) {
        const { violations } = await new AxeBuilder({ page }).analyze()
        for (const { id, nodes } of violations) row.violations.push(`${where}: ${id} ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`)
      }
    }
    if (width === 'phone') {
      const small = await smallTargets(page)
      row.small = small.length
      fs.writeFileSync(path.join(out, `${file}-targets.txt`), small.join('\n'))
    }
    row.console.push(...browser.troubles)
  }
  rows.push(row)
  const faults = [...row.violations, ...row.overflow, ...row.console]
  console.log(`${faults.length ? 'FAULT' : 'ok   '} ${file.padEnd(60)} axe ${row.violations.length}  overflow ${row.overflow.length}  console ${row.console.length}  targets below 44 px ${row.small}`)
  for (const fault of faults) console.log(`        ${fault}`)
}

async function both(browser, options) {
  const desktop = await browser.page({ ...options, width: 'desktop' })
  const phone = await browser.page({ ...options, width: 'phone', touch: true })
  // Long pages on a busy machine.
  for (const page of [desktop, phone]) page.setDefaultTimeout(60_000)
  return { desktop, phone }
}

async function close(pages) {
  for (const page of Object.values(pages)) await page.context().close()
}

async function all(browser, pages, list, suffix = '') {
  for (const address of list) {
    let file = name(address) + suffix
    const number = (taken.get(file) ?? 0) + 1
    taken.set(file, number)
    if (number > 1) file += `-${number}`
    if (words.length && !words.some((word) => address.includes(word) || file.includes(word))) continue
    // One page that cannot be had is a fault, and no reason to leave the others out.
    await take(browser, pages, address, file).catch((error) => {
      rows.push({ violations: [], overflow: [], console: [error.message] })
      console.log(`FAULT ${file}: ${error.message.split('\n')[0]}`)
    })
  }
}

fs.rmSync(out, { recursive: true, force: true })
fs.mkdirSync(out, { recursive: true })
const browser = await Browser.start()
let failed = 0
try {
  const visitor = await both(browser, { signedIn: false })
  await all(browser, visitor, [new URL(browser.setUpLink).pathname + new URL(browser.setUpLink).search])
  await setUp(browser)
  const empty = await both(browser, {})
  await all(browser, empty, ['/calendar', '/posts', '/posts/new', '/channels', '/media', '/inbox', '/reviews', '/notices'], '-empty')
  await close(empty)
  console.log('making posts, channels and people …')
  const facts = await stock(browser)
  const door = await Door.open(browser)
  const shown = await door.post(`/posts/${facts.talked}/shares`, { label: 'Lord Byron', days: '30', decides: 'true', pin: '' })
  facts.share = shown.match(/https?:\/\/[^\s<"]+\/r\/[\w-]+/)[0]
  const list = paths().flatMap((at) => addresses(at, facts))
  const unknown = list.filter((address) => /[:*]/.test(new URL(address, browser.rostrum.url).pathname))
  for (const address of unknown) console.log(`FAULT ${address}: which one? Say so in tests/browser/pictures.mjs`)
  failed += unknown.length
  // Those of the API are long, and axe takes its time over them: they come last.
  const known = list.filter((address) => !unknown.includes(address)).sort((a, b) => a.startsWith('/docs') - b.startsWith('/docs'))
  await all(browser, visitor, [...known.filter((address) => WITHOUT_SESSION.test(address) && address !== '/setup'), '/nowhere'])
  await close(visitor)
  const signed = await both(browser, {})
  await all(browser, signed, [...known.filter((address) => !WITHOUT_SESSION.test(address)), '/nowhere/signed-in'])
  for (const [language, of] of [['ar', MAIN], ['de', MAIN.slice(0, 8)]]) {
    await door.post('/settings/language', { language }, 'PUT')
    await all(browser, signed, of.concat(language === 'ar' ? [`/posts/${facts.thread}`, `/channels/${facts.channels[0].id}`] : []), `-${language}`)
  }
} finally {
  await browser.stop()
}
failed += rows.filter(({ violations, overflow, console: said }) => violations.length + overflow.length + said.length).length
console.log(`\n${rows.length} pages of ${owner.organisation} in ${out}: ${failed} with faults`)
process.exit(failed ? 1 : 0)
