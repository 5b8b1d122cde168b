// A remote control: four arrows and one button. Everything on the page is reached, and nothing holds the focus.
import { SCREENS, drive, open } from '../support/browser.mjs'

const at = page => page.evaluate(() => document.activeElement.id || document.activeElement.getAttribute('aria-label') ||
  document.activeElement.name + '=' + document.activeElement.value || document.activeElement.tagName)

await drive(async (browser, { base }) => {
  const { page, complaints } = await open(browser, { ...SCREENS.tv, reducedMotion: 'reduce' })
  await page.goto(`${base}/configure`)
  const seen = new Set()
  const mark = async () => seen.add(await page.evaluate(() => {
    const all = [...document.querySelectorAll('main a[href], main button, main input:not([type=hidden]), main select, main textarea, main summary')]
    return all.indexOf(document.activeElement)
  }))
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll('main a[href], main button, main input:not([type=hidden]), main select, main textarea, main summary')]
    return all.map((one, index) => ({ index, one })).filter(({ one }) => one.tabIndex >= 0 && one.checkVisibility())
      .map(({ index, one }) => [index, one.id || one.getAttribute('aria-label') || `${one.name}=${one.value}` || one.textContent])
  })
  // Down to the end, and from every stop to both sides as far as it goes.
  let stuck
  for (let step = 0; step < 150; step++) {
    await page.keyboard.press('ArrowDown')
    const here = await at(page)
    await mark()
    for (const side of ['ArrowLeft', 'ArrowRight']) {
      await page.evaluate(() => { globalThis.start = document.activeElement })
      let before
      for (let more = 0; more < 14; more++) {
        before = await at(page)
        await page.keyboard.press(side)
        await mark()
        if (await at(page) === before) break
      }
      await page.evaluate(() => globalThis.start.focus({ preventScroll: true }))
    }
    if (here === stuck) break
    stuck = here
  }
  const missed = wanted.filter(([index]) => !seen.has(index)).map(([, name]) => name)
  // Back up to the head of the page.
  let last
  for (let step = 0; step < 150; step++) {
    await page.keyboard.press('ArrowUp')
    const here = await at(page)
    if (here === last) break
    last = here
  }
  const top = await page.evaluate(() => document.activeElement.getBoundingClientRect().top + scrollY)
  await page.locator('#preset-any').focus()
  const ring = await page.evaluate(() => parseFloat(getComputedStyle(document.activeElement).outlineWidth))
  return { missed, top, ring, complaints }
})
