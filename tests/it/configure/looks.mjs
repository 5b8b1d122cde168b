// Looks at the page in every state, on one screen, by day and by night: axe judges, and pictures are taken of what
// somebody sees there.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SCREENS, axe, drive, open } from '../support/browser.mjs'

async function settle(page) {
  // Pictures of moving things differ.
  await page.evaluate(() => Promise.all(document.getAnimations().map(one => one.finished)))
}

/** The sections that have pictures of their own once they are filled in. */
const PARTS = ['services', 'indexers', 'sorts', 'languages', 'device', 'filters', 'labels', 'more']

await drive(async (browser, { base, folder, screen, token }) => {
  mkdirSync(folder, { recursive: true })
  const wrong = [], complaints = [], wide = [], pictures = []
  for (const colorScheme of ['light', 'dark']) {
    const { page, context, complaints: own } = await open(browser, { ...SCREENS[screen], colorScheme, reducedMotion: 'reduce' })
    const picture = async what => {
      await settle(page)
      const name = `configure-${screen}-${colorScheme}-${what}`
      await page.screenshot({ path: join(folder, `${name}.png`) })
      pictures.push(name)
      return name
    }
    const look = async state => {
      const name = await picture(state)
      wrong.push(...(await axe(page)).map(one => `${name}: ${one}`))
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (over > 0) wide.push(`${name} is ${over} px wider than the screen`)
    }
    await page.goto(`${base}/`)
    await look('home')
    await page.goto(`${base}/configure`)
    await look('new')
    await page.locator('#add-service-realdebrid').click()
    await page.locator('#services .row').waitFor()
    await page.locator('#services [name$=-token]').fill(token)
    await page.locator('#services [name$=-token]').blur()
    await page.locator('#services .said[data-ok=yes]').waitFor()
    await page.locator('#add-service-torbox').click()
    await page.locator('#services .row').nth(1).waitFor()
    for (const [count, kind] of ['jackett', 'addon'].entries()) {
      await page.locator(`#add-indexer-${kind}`).click()
      await page.locator('#indexers .row').nth(count).waitFor()
    }
    await page.locator('#preset-samsung').click()
    for (const [count, language] of ['de', 'en'].entries()) {
      await page.locator('#new-language').selectOption(language)
      await page.locator('#add-language').click()
      await page.locator('#languages .row').nth(count).waitFor()
    }
    for (const value of ['p480', 'p360']) await page.locator(`[name=without-resolution][value=${value}]`).check({ force: true })
    await page.evaluate(() => { for (const one of document.querySelectorAll('details')) one.open = true })
    await look('filled')
    for (const part of PARTS) {
      await page.locator(`#${part}`).evaluate(one => one.scrollIntoView({ block: 'start', behavior: 'instant' }))
      await picture(part)
    }
    await page.locator('.bar .primary').click()
    await page.locator('.notice[data-ok=no]').waitFor()
    await look('problems')
    for (const row of ['TorBox', 'Jackett', 'Stremio addon']) {
      const rows = await page.locator('.row').count()
      await page.getByRole('button', { name: `Remove ${row}` }).click()
      await page.waitForFunction(before => document.querySelectorAll('.row').length < before, rows)
    }
    await page.locator('.bar .primary').click()
    await page.waitForURL('**/configure?saved')
    await look('saved')
    await page.goto(`${base}/aaaaaaaaaaaaaaaaaaaaaaaaaa/configure`)
    await look('gone')
    complaints.push(...own)
    await context.close()
  }
  // The judge is awake: a field without a name is seen.
  const { page } = await open(browser)
  await page.goto(`${base}/configure`)
  await page.evaluate(() => document.querySelector('main').append(document.createElement('input')))
  const planted = await axe(page)
  return { wrong, wide, complaints, pictures, planted }
})
