// The program in a browser: set up by its link, looked at in both schemes and at both widths.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'
import { Rostrum, png, until } from '../peers/support.mjs'

export { png, until }

const shots = path.join(path.dirname(fileURLToPath(import.meta.url)), 'shots')
const widths = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

export const owner = { name: 'Olive Owner', email: 'olive@example.com', password: 'a long enough password', organisation: 'Olive & Co' }

export class Browser {
  static async start() {
    const self = new Browser()
    self.rostrum = await Rostrum.start()
    self.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    })
    self.troubles = []
    return self
  }

  async stop() {
    await this.chromium?.close()
    await this.rostrum?.kill()
  }

  // The link that the program prints until somebody has used it.
  get setUpLink() {
    const link = this.rostrum.log.match(/https?:\/\/\S+\/setup\?token=[^\s"']+/)?.[0]
    assert.ok(link, `no set-up link in:\n${this.rostrum.log}`)
    return link
  }

  // A page in a context of its own; what goes wrong on it is collected for `check`.
  async page({ signedIn = true, javaScript = true, width = 'desktop', touch = false } = {}) {
    const context = await this.chromium.newContext({
      baseURL: this.rostrum.url,
      javaScriptEnabled: javaScript,
      viewport: widths[width],
      hasTouch: touch,
      isMobile: touch,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      storageState: signedIn ? this.session : undefined,
    })
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    // A page is there when its scripts are: the loading of modules that are fetched on demand is not part of the browser's own event.
    const goto = page.goto.bind(page)
    page.goto = async (where, options) => {
      const response = await goto(where, options)
      if (javaScript && !options?.waitUntil) await started(page)
      return response
    }
    page.on('pageerror', (error) => this.troubles.push(`${page.url()}: ${error.stack}`))
    page.on('console', (message) => {
      // The browser reports an answer of 4xx as an error; whether it is one is told by the test, for documents.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.troubles.push(`${page.url()}: ${message.text()}`)
    })
    page.on('response', (response) => {
      const isDocument = response.request().resourceType() === 'document'
      if (response.status() >= (isDocument ? 500 : 400)) this.troubles.push(`${page.url()}: ${response.status()} ${response.url()}`)
    })
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText
      // Modules that a page announces are not fetched where scripts do not run, and Chromium gives that out as a refusal.
      const isUnwanted = !javaScript && reason === 'csp' && request.url().endsWith('.js')
      if (reason !== 'net::ERR_ABORTED' && !isUnwanted) this.troubles.push(`${page.url()}: ${reason} ${request.url()}`)
    })
    page.on('request', (request) => {
      if (!/^(data|blob|about):/.test(request.url()) && !request.url().startsWith(this.rostrum.url)) this.troubles.push(`${page.url()}: asks ${request.url()}`)
    })
    return page
  }

  async keepSession(page) {
    this.session = await page.context().storageState()
  }

  // Fails with everything that the browser complained about since the last time.
  check() {
    assert.deepEqual(this.troubles.splice(0), [])
  }

  // What every page has to be: accessible in light and dark, not wider than a phone, without complaints. axe needs JavaScript.
  async look(page, name) {
    const before = page.viewportSize()
    for (const [width, size] of Object.entries(widths)) {
      await page.setViewportSize(size)
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme })
        // Colours change by transitions, and those take a frame even when motion is reduced: what is judged has settled.
        await page.evaluate(async () => {
          const frame = () => new Promise((done) => requestAnimationFrame(done))
          await frame()
          await Promise.allSettled(document.getAnimations().map((animation) => animation.effect?.getTiming().iterations === Infinity || animation.finished))
          await frame()
        })
        const where = `${name} (${width}, ${colorScheme})`
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
        assert.ok(wide <= room, `${where} is ${wide} pixels wide, the window has ${room}`)
        if (process.env.SHOTS) {
          fs.mkdirSync(shots, { recursive: true })
          await page.screenshot({ path: path.join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true })
        }
        // Both schemes and both widths are looked at, not each with each: axe takes its time.
        if ((width === 'desktop') === (colorScheme === 'light')) await axe(page, where)
      }
    }
    await page.emulateMedia({ colorScheme: null })
    await page.setViewportSize(before)
    this.check()
  }
}

async function axe(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const words = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary}`).join('\n')}`)
  assert.equal(words.length, 0, `${where}\n${words.join('\n')}`)
}

// The words of a part of the composer, as its form repeats them under the editor: `parts[0]`, or `own[…][0]`.
export function said(page, part = 'parts[0]') {
  return page.locator(`textarea[name="${part}[text]"]`).inputValue()
}

// Submits by the button and waits for the page that answers.
export async function submit(page, button) {
  const [response] = await Promise.all([page.waitForNavigation(), button.click()])
  await started(page)
  return response
}

// Waits for what the page's scripts do when they arrive; there are none in what is no page of ours, and where scripts do not run.
async function started(page) {
  await page.locator('html.js[data-started], html:not(.js)').waitFor({ state: 'attached' })
}
