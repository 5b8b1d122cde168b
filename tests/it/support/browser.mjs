// A Chromium for the scripts of page tests. A script is started with one JSON argument and prints one JSON line.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

/** How long a script waits for anything. */
export const PATIENCE = 20_000

const source = name => readFileSync(createRequire(import.meta.url).resolve(name), 'utf8')
const AXE = source('axe-core/axe.min.js')
const JSQR = source('jsqr/dist/jsQR.js')

/** The screens that pages are looked at on. */
export const SCREENS = {
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 900 } },
  tv: { viewport: { width: 1920, height: 1080 } }
}

/** Runs `work` with a browser and the argument of the script, and prints what it returns. */
export async function drive(work) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync']
  })
  try {
    console.log(JSON.stringify(await work(browser, JSON.parse(process.argv[2]))))
  } catch (error) {
    console.error(error.stack)
    process.exitCode = 1
  } finally {
    await browser.close()
  }
}

/**
 * A page that collects every complaint of the browser (errors of scripts, refusals of the content policy) and the text
 * of every answer of the server.
 */
export async function open(browser, options = {}) {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  const complaints = []
  const reading = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    // The console repeats statuses that the tests look at themselves.
    if (message.type() === 'error' && !message.text().includes('the server responded with a status')) complaints.push(message.text())
  })
  page.on('response', response => reading.push(response.text().catch(() => '')))
  return { context, page, complaints, answers: async () => (await Promise.all(reading)).join('\n') }
}

/** What the rows of a list on the configure page are called, in their order. */
export const order = (page, list) => page.locator(`[data-rows=${list}] > li`).evaluateAll(rows => rows.map(row => row.dataset.label))

/** What axe has to say about a page: one line for each thing that is wrong. */
export async function axe(page) {
  // Evaluated by the debugger, which the page's content policy does not concern.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.target.join(' ')} (${node.failureSummary})`))
}

/** What the QR code in a part of a page says to whoever points a camera at the screen. */
export async function scan(context, part) {
  const picture = (await part.screenshot()).toString('base64')
  const reader = await context.newPage()
  try {
    await reader.evaluate(JSQR)
    return await reader.evaluate(async picture => {
      const bytes = Uint8Array.from(atob(picture), letter => letter.charCodeAt(0))
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
      canvas.drawImage(bitmap, 0, 0)
      const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height)
      return globalThis.jsQR(data, bitmap.width, bitmap.height)?.data ?? null
    }, picture)
  } finally {
    await reader.close()
  }
}
