// A finger on a phone drags rows to other places. The page stays where it is, and the new order is what is saved.
import { SCREENS, drive, open, order } from '../support/browser.mjs'

/** Drags the row `from` of a list onto the row `onto`, both counted from 1. Says how far the page was scrolled by it. */
async function drag(page, finger, list, from, onto) {
  const row = at => page.locator(`[data-rows=${list}] > li:nth-child(${at})`)
  await row(1).evaluate(one => one.scrollIntoView({ block: 'start', behavior: 'instant' }))
  const before = await page.evaluate(() => scrollY)
  const grip = await row(from).locator('.grip').boundingBox()
  const goal = await row(onto).boundingBox()
  const x = grip.x + grip.width / 2
  const start = grip.y + grip.height / 2
  // Beyond the middle of that row, seen from where the finger comes from.
  const end = goal.y + goal.height * (onto < from ? 1 : 3) / 4
  const touch = (type, y) => finger.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] })
  await touch('touchStart', start)
  for (let step = 1; step <= 8; step++) await touch('touchMove', start + (end - start) * step / 8)
  const held = await page.locator('.row.dragged').count()
  await touch('touchEnd')
  await page.locator('.row.dragged').waitFor({ state: 'detached' })
  return { held, scrolled: await page.evaluate(() => scrollY) - before }
}

await drive(async (browser, { base, token }) => {
  const { context, page, complaints } = await open(browser, { ...SCREENS.phone, reducedMotion: 'reduce' })
  const finger = await context.newCDPSession(page)
  await page.goto(`${base}/configure`)
  for (const id of ['service-realdebrid', 'service-torbox', 'indexer-jackett', 'indexer-zilean']) {
    const rows = await page.locator('.row').count()
    await page.locator(`#add-${id}`).click()
    await page.waitForFunction(before => document.querySelectorAll('.row').length > before, rows)
  }
  // Set and not typed: nobody is asked whether these are right.
  const set = (fields, value) => page.locator(fields).evaluateAll((all, value) => { for (const one of all) one.value = value }, value)
  await set('#services [name$=-token]', token)
  await set('#indexers [name$=-url]', 'http://127.0.0.1:9/')
  const drags = [
    await drag(page, finger, 'service', 2, 1),
    await drag(page, finger, 'indexer', 2, 1),
    await drag(page, finger, 'sort', 1, 3)
  ]
  const orders = async () => ({
    services: await order(page, 'service'), indexers: await order(page, 'indexer'), sort: (await order(page, 'sort')).slice(0, 3)
  })
  const dragged = await orders()
  await page.locator('.bar .primary').click()
  await page.waitForURL('**/configure?saved')
  return { complaints, drags, dragged, saved: await orders() }
})
