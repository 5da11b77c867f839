// Page weights and timings, each from a browser that has nothing cached, and Lighthouse.
import { chromium } from 'playwright-core'
import { freePort, until } from '../peers/support.mjs'
import { Browser } from './support.mjs'
import { fill, setUp } from './stock.mjs'

const POSTS = 10_000
const RUNS = Number(process.argv[2])
// Kilobytes of a page without its pictures, milliseconds until something is painted, milliseconds of the server for a calendar.
const BUDGET = { weight: 200, paint: 300, server: 20 }
const GOAL = 95
const CATEGORIES = ['performance', 'accessibility', 'best-practices']

let failed = 0
const kilobytes = (bytes) => (bytes / 1000).toFixed(1)
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const verdict = (ok) => (ok ? '' : (failed++, '  FAULT'))

// How long the server takes for the document alone, over one connection that is kept.
async function server(url, cookie) {
  const times = []
  for (let n = 0; n < 15; n++) {
    const began = performance.now()
    const answer = await fetch(url, { headers: { cookie, 'accept-encoding': 'gzip' } })
    await answer.arrayBuffer()
    times.push(performance.now() - began)
  }
  return median(times.slice(3))
}

// What crosses the wire for a page, by kind, and when something of it is seen.
async function visit(browser, address, signedIn) {
  const page = await browser.page({ signedIn })
  page.setDefaultTimeout(60_000)
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const kinds = new Map(), sizes = {}
  let requests = 0
  session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type))
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId) ?? 'Other'
    sizes[kind] = (sizes[kind] ?? 0) + encodedDataLength
    requests++
  })
  await page.addInitScript(() => {
    window.seen = {}
    new PerformanceObserver((list) => list.getEntries().forEach(({ name, startTime }) => (window.seen[name] = startTime))).observe({ type: 'paint', buffered: true })
    new PerformanceObserver((list) => list.getEntries().forEach(({ startTime }) => (window.seen.largest = startTime))).observe({ type: 'largest-contentful-paint', buffered: true })
  })
  const status = (await page.goto(address)).status()
  await page.waitForLoadState('load')
  await page.waitForTimeout(400)
  const seen = await page.evaluate(() => window.seen)
  await page.context().close()
  return { status, requests, sizes, paint: seen['first-contentful-paint'], largest: seen.largest }
}

async function weigh(browser, address, signedIn, cookie) {
  const visits = []
  for (let n = 0; n < 5; n++) visits.push(await visit(browser, address, signedIn))
  const { status, requests, sizes } = visits[0]
  // What is not there weighs nothing: that is no success.
  if (status >= 400) return console.log(`${address.padEnd(34)} answered ${status}${verdict(false)}`)
  const paint = median(visits.map((one) => one.paint)), largest = median(visits.map((one) => one.largest))
  const size = (kind) => sizes[kind] ?? 0
  const all = Object.values(sizes).reduce((sum, one) => sum + one, 0) - size('Image') - size('Media')
  const time = await server(browser.rostrum.url + address, cookie)
  const ok = all / 1000 <= BUDGET.weight && paint <= BUDGET.paint && (!address.startsWith('/calendar') || time <= BUDGET.server)
  console.log([address.padEnd(34), ...['Document', 'Stylesheet', 'Script', 'Font', 'Image'].map((kind) => kilobytes(size(kind)).padStart(7)), kilobytes(all).padStart(8), String(requests).padStart(5), time.toFixed(1).padStart(8), paint.toFixed(0).padStart(7), largest.toFixed(0).padStart(6)].join('') + verdict(ok))
}

// The best of several runs in each category; what it complains about most is said, so that it can be mended.
async function lighthouse(browser, address, cookie) {
  const { default: run } = await import('./lighthouse/node_modules/lighthouse/core/index.js')
  const port = await freePort()
  const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${port}`] })
  const best = {}, complaints = new Map()
  try {
    for (let n = 0; n < RUNS; n++) {
      const { lhr } = await run(browser.rostrum.url + address, { port, logLevel: 'error', onlyCategories: CATEGORIES, extraHeaders: cookie ? { Cookie: cookie } : undefined })
      if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`)
      for (const category of CATEGORIES) {
        const score = Math.round(lhr.categories[category].score * 100)
        best[category] = Math.max(best[category] ?? 0, score)
        for (const { id, weight } of lhr.categories[category].auditRefs) {
          const audit = lhr.audits[id]
          if (weight > 0 && audit.score !== null && audit.score < 0.9) complaints.set(id, `${category}: ${audit.title}${audit.displayValue ? ` (${audit.displayValue})` : ''}`)
        }
      }
    }
  } finally {
    await chrome.close()
  }
  const low = CATEGORIES.some((category) => best[category] < GOAL)
  console.log(address.padEnd(34) + CATEGORIES.map((category) => String(best[category]).padStart(16)).join('') + (low ? (failed++, '  BELOW') : ''))
  for (const complaint of complaints.values()) console.log(`    ${complaint}`)
}

const browser = await Browser.start()
try {
  await setUp(browser)
  const day = await fill(browser, POSTS)
  const cookie = browser.session.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  // An index is filled in the background; the page is weighed with what there is to be found.
  await until('the search to know the posts', async () => {
    const answer = await fetch(`${browser.rostrum.url}/search?q=harvest`, { headers: { cookie } })
    return answer.status === 404 || /class="find"/.test(await answer.text())
  }, { seconds: 120, every: 500 })
  console.log(`${POSTS} posts in the month; kilobytes as they are sent, milliseconds\n`)
  console.log(`${'page'.padEnd(34)}   html    css     js   font  image     sum  asks  server  paint    lcp`)
  const pages = [['/login', false], [`/calendar?date=${day}`, true], [`/calendar?view=week&date=${day}`, true], [`/calendar?view=day&date=${day}`, true], ['/posts/new', true], [`/posts?month=${day.slice(0, 7)}`, true], ['/media', true], ['/search?q=harvest', true]]
  // One page that cannot be had is a fault, and no reason to say nothing of the others.
  for (const [address, signedIn] of pages) {
    await weigh(browser, address, signedIn, signedIn ? cookie : '').catch((error) => console.log(`${address.padEnd(34)} ${error.message.split('\n')[0]}${verdict(false)}`))
  }
  console.log(`\nBudget: ${BUDGET.weight} kB without pictures, first paint ${BUDGET.paint} ms, server ${BUDGET.server} ms for a calendar`)
  if (RUNS > 0) {
    console.log(`\n${'Lighthouse, best of ' + RUNS}`.padEnd(35) + CATEGORIES.map((category) => category.padStart(16)).join(''))
    for (const [address, signedIn] of [['/login', false], [`/calendar?date=${day}`, true], ['/posts/new', true]]) await lighthouse(browser, address, signedIn ? cookie : '')
  }
} finally {
  await browser.stop()
}
process.exit(failed ? 1 : 0)
