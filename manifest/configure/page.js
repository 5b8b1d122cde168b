// Comfort for the configure page. Without it every button still works: it posts the form, and the page comes back.
'use strict'

const form = document.getElementById('form')
const live = document.getElementById('live')
const root = new URL(document.querySelector('link[rel=icon]').href).href.replace(/logo\.png$/, '')
const quiet = matchMedia('(prefers-reduced-motion: reduce)')

document.documentElement.classList.add('script')

const say = text => { live.textContent = ''; requestAnimationFrame(() => { live.textContent = text }) }
const post = (path, body) => fetch(root + path, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), cache: 'no-store'
}).then(async answer => {
  const value = await answer.json()
  if (!answer.ok) throw new Error(value.message ?? 'The server did not answer.')
  return value
})

// ---- Sections that the server draws anew: rows added and removed, an import.

/** Posts the form for one button and takes over what the answer says of `section`, or of all of them. */
async function swap(button, section) {
  const body = new URLSearchParams(new FormData(form, button))
  const focus = button.id
  button.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(form.action, { method: 'POST', body, cache: 'no-store' })
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (!page.getElementById('form')) throw new Error()
    const before = new Set([...form.querySelectorAll('.row')].map(row => row.id))
    const names = section === 'all' ? [...form.querySelectorAll('section')].map(one => one.id) : [section]
    const said = new Map([...form.querySelectorAll('.said[data-ok]')].map(one => [one.id, one]))
    for (const name of names) document.getElementById(name).replaceWith(page.getElementById(name))
    // After an import the rows are others, whatever they are called.
    if (section !== 'all') for (const [id, old] of said) document.getElementById(id)?.replaceWith(old)
    if (section === 'all') document.getElementById('notices').replaceWith(page.getElementById('notices'))
    enliven()
    const added = [...form.querySelectorAll('.row')].find(row => !before.has(row.id))
    const next = added?.querySelector('input:not([type=hidden])') ?? document.getElementById(focus) ??
      document.querySelector(`#${section} .add button, #${section} .joined button`)
    next?.focus()
    if (section !== 'all') say(added ? `${added.dataset.label} was added.` : 'Removed.')
    else document.getElementById('notices').scrollIntoView({ block: 'center' })
  } catch {
    // The plain way tells what is wrong.
    button.removeAttribute('data-swap')
    button.click()
  } finally {
    button.removeAttribute('aria-busy')
  }
}

// ---- Order: by the arrows of a row, by Alt and an arrow key, and by dragging.

const place = row => [...row.parentElement.children].indexOf(row) + 1
const tell = row => say(`${row.dataset.label}: place ${place(row)} of ${row.parentElement.children.length}.`)

/** Puts a row in the place of another. The others make room: a moved element would lose the focus and the finger. */
function put(row, other) {
  const rows = [...row.parentElement.children]
  const [from, to] = [rows.indexOf(row), rows.indexOf(other)]
  if (to < from) row.after(...rows.slice(to, from))
  else row.before(...rows.slice(from + 1, to + 1))
}

function move(row, direction) {
  const other = direction === 'up' ? row.previousElementSibling : row.nextElementSibling
  if (other) put(row, other)
  tell(row)
}

function drag(grip, start) {
  const row = grip.closest('.row')
  grip.setPointerCapture(start.pointerId)
  row.classList.add('dragged')
  const follow = event => {
    const rows = [...row.parentElement.children]
    const over = rows.find(one => {
      const box = one.getBoundingClientRect()
      return one !== row && event.clientY > box.top && event.clientY < box.bottom
    })
    if (!over) return
    const box = over.getBoundingClientRect()
    const below = event.clientY > box.top + box.height / 2
    const isAfter = rows.indexOf(over) > rows.indexOf(row)
    // Past the middle only, or rows of different heights would change places for ever.
    if (isAfter === below) put(row, over)
  }
  const end = () => {
    row.classList.remove('dragged')
    grip.removeEventListener('pointermove', follow)
    for (const name of ['pointerup', 'pointercancel']) grip.removeEventListener(name, end)
    tell(row)
  }
  grip.addEventListener('pointermove', follow)
  for (const name of ['pointerup', 'pointercancel']) grip.addEventListener(name, end)
}

// ---- Tests, as soon as something was typed.

const trials = new WeakMap()

async function test(row) {
  const [list, key] = row.id.split('-')
  const field = name => form.elements[`${list}-${key}-${name}`]?.value ?? ''
  const out = document.getElementById(`${row.id}-said`)
  const trial = {}
  trials.set(row, trial)
  out.removeAttribute('data-ok')
  out.textContent = 'Asking …'
  const about = { profile: form.dataset.profile, password: form.elements.password?.value, kept: field('kept') }
  const asked = list === 'service'
    ? { ...about, service: field('kind'), token: field('token') }
    : { ...about, kind: field('kind'), name: field('name'), url: field('url'), key: field('key') }
  const said = await post(`api/configure/${list}`, asked).catch(error => ({ ok: false, message: error.message }))
  // A later test has the last word.
  if (trials.get(row) !== trial) return
  out.dataset.ok = said.ok ? 'yes' : 'no'
  out.textContent = said.message
}

// ---- The preview of labels.

let waiting
function preview() {
  clearTimeout(waiting)
  waiting = setTimeout(async () => {
    const [name, description] = ['label-name', 'label-description'].map(id => document.getElementById(id).value)
    const error = form.querySelector('[data-preview-error]')
    try {
      const shown = await post('api/configure/preview', { name, description })
      error.textContent = shown.error ?? ''
      if (shown.error) return
      const rows = shown.rows.map(row => {
        const item = Object.assign(document.createElement('li'), { className: 'stream' })
        for (const part of ['name', 'description']) {
          const cell = document.createElement('span')
          cell.className = part === 'name' ? 'stream-name' : 'stream-text'
          cell.textContent = row[part]
          item.append(cell)
        }
        return item
      })
      form.querySelector('[data-preview]').replaceChildren(...rows)
    } catch (problem) {
      error.textContent = problem.message
    }
  }, 250)
}

// ---- Devices.

function choose(button) {
  const flags = button.dataset.flags.split(' ')
  for (const box of form.querySelectorAll('[name=device]')) box.checked = flags.includes(box.value)
  form.elements['most-lines'].value = button.dataset.lines
  pressed()
  say(`${button.textContent.trim()} was chosen.`)
}

function pressed() {
  const ticked = [...form.querySelectorAll('[name=device]:checked')].map(box => box.value).sort().join(' ')
  for (const button of form.querySelectorAll('[data-flags]')) {
    const same = button.dataset.flags.split(' ').sort().join(' ') === ticked &&
      button.dataset.lines === form.elements['most-lines'].value
    button.setAttribute('aria-pressed', same)
  }
}

function count(details) {
  const names = [...details.querySelectorAll('input:checked')].map(box => box.nextElementSibling.textContent)
  details.querySelector('[data-count]').textContent = names.join(', ') || 'none'
}

// ---- Copying, also where plain http leaves pages without a clipboard.

async function copy(button) {
  const field = document.getElementById(button.dataset.copy)
  field.select()
  try {
    await navigator.clipboard.writeText(field.value)
  } catch {
    document.execCommand('copy')
  }
  button.textContent = 'Copied'
  say('The address was copied.')
}

// ---- A remote control has four arrows and one button.

let remote = false
const writes = target => target.matches('textarea, input:not([type=checkbox])')

function steer(event) {
  const way = event.key.slice(5).toLowerCase()
  const from = document.activeElement ?? document.body
  const sideways = way === 'left' || way === 'right'
  // Arrows belong to the text that is being written, and to lists until somebody has come by arrows.
  if (writes(from) && (sideways || from.matches('textarea'))) {
    const at = way === 'up' || way === 'left' ? 0 : from.value.length
    if (from.selectionStart !== at || from.selectionEnd !== at) return
  }
  if (from.matches('select')) {
    if (!remote) return
    // Also at the edge of the page, where there is nowhere to go.
    event.preventDefault()
  }
  const box = from === document.body
    ? { left: 0, right: innerWidth, top: -1, bottom: -1 }
    : from.getBoundingClientRect()
  const centre = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
  let best, least = Infinity
  for (const one of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')) {
    if (one === from || one.tabIndex < 0 || one.disabled || !one.checkVisibility()) continue
    const to = one.getBoundingClientRect()
    const ahead = { up: box.top - to.bottom, down: to.top - box.bottom, left: box.left - to.right, right: to.left - box.right }[way]
    if (ahead < -Math.min(8, to.height / 2)) continue
    const aside = sideways
      ? Math.max(0, Math.abs((to.top + to.bottom) / 2 - centre.y) - (to.height + box.bottom - box.top) / 2)
      : Math.max(0, Math.max(to.left - box.right, box.left - to.right))
    const off = sideways ? 0 : Math.abs((to.left + to.right) / 2 - centre.x) / 8
    // Within the form sideways means along the line; from the list of sections it means into the form.
    if (sideways && aside > 24 && from.closest('form')) continue
    const cost = Math.max(0, ahead) + 2 * aside + off
    if (cost < least) [best, least] = [one, cost]
  }
  if (!best) return
  event.preventDefault()
  remote = true
  best.focus({ preventScroll: true })
  best.scrollIntoView({ block: 'center', behavior: quiet.matches ? 'auto' : 'smooth' })
}

// ---- What happens when.

function enliven() {
  for (const one of document.querySelectorAll('[data-copy]')) one.hidden = false
  for (const one of document.querySelectorAll('[data-unneeded]')) one.hidden = true
}

document.addEventListener('click', event => {
  const button = event.target.closest('button')
  if (!button) return
  const row = button.closest('.row')
  if (button.dataset.copy) copy(button)
  else if (button.dataset.move) { event.preventDefault(); move(row, button.dataset.move) }
  else if (button.dataset.swap) { event.preventDefault(); swap(button, button.dataset.swap) }
  else if (button.dataset.try) { event.preventDefault(); test(row) }
  else if ('flags' in button.dataset) { event.preventDefault(); choose(button) }
})
document.addEventListener('pointerdown', event => {
  remote = false
  const grip = event.target.closest('[data-grip]')
  if (grip && event.button === 0) { event.preventDefault(); drag(grip, event) }
})
document.addEventListener('keydown', event => {
  if (event.key === 'Tab') remote = false
  if (!/^Arrow(Up|Down|Left|Right)$/.test(event.key) || event.ctrlKey || event.metaKey || event.shiftKey) return
  const row = document.activeElement?.closest('.row')
  if (!event.altKey) return steer(event)
  if (!row || !/Up|Down/.test(event.key)) return
  event.preventDefault()
  move(row, event.key === 'ArrowUp' ? 'up' : 'down')
})
document.addEventListener('keydown', event => {
  // On a closed list the button of a remote opens it instead of sending the form.
  if (event.key !== 'Enter' || !remote || !document.activeElement.matches('select, input[type=checkbox]')) return
  event.preventDefault()
  const field = document.activeElement
  field.matches('select') ? field.showPicker?.() : field.click()
})
form?.addEventListener('change', event => {
  const field = event.target
  if ('test' in field.dataset && field.value && (!field.id.endsWith('-key') || form.elements[field.id.replace(/key$/, 'url')].value)) test(field.closest('.row'))
  if (field.name === 'device' || field.id === 'most-lines') pressed()
  const many = field.closest('[data-many]')
  if (many) count(many)
})
form?.addEventListener('input', event => { if ('template' in event.target.dataset) preview() })
enliven()
