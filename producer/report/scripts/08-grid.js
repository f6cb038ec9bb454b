// A virtual grid: only the visible lines exist as elements, for any number of photos.

const TILE = { width: 168, narrow: 150, height: 226, gap: 10, picture: 158 };
const SPARE_PX = 480;

class Grid {
  // `threshold` returns the current one; `open` and `key` are called by clicks and keys.
  constructor(element, { threshold, marks, selection, open, key }) {
    Object.assign(this, { element, threshold, marks, selection, open, otherKey: key });
    this.photos = [];
    this.sections = [];
    this.layout = new Layout([], 1, 1);
    this.active = 0;
    this.columns = 0;
    this.lines = new Map();
    let waiting = false;
    const later = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.draw(); });
    };
    addEventListener("scroll", later, { passive: true });
    new ResizeObserver(() => { this.measure(); later(); }).observe(element);
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("focusin", (event) => {
      const tile = event.target.closest(".tile");
      if (tile) this.activate(Number(tile.dataset.place));
    });
  }

  show(photos, sections) {
    const isSame = this.photos.length === photos.length && this.sections.length === sections.length
      && photos.every((photo, place) => photo === this.photos[place])
      && sections.every((section, i) => section.title === this.sections[i].title && section.start === this.sections[i].start);
    Object.assign(this, { photos, sections });
    this.active = Math.min(this.active, Math.max(0, photos.length - 1));
    if (isSame) { this.refresh(); return; }
    this.measure(true);
    this.draw();
  }

  // Lay out the photos in as many columns as fit; keep the focus if that changes.
  measure(force = false) {
    const width = innerWidth > 560 ? TILE.width : TILE.narrow; // two columns on a phone
    const columns = Math.max(1, Math.floor((this.element.clientWidth + TILE.gap) / (width + TILE.gap)));
    if (columns === this.columns && !force) return;
    this.columns = columns;
    this.layout = new Layout(this.sections, columns, TILE.height + TILE.gap);
    this.element.style.setProperty("--columns", columns);
    this.element.style.height = `${this.layout.height}px`;
    this.element.setAttribute("aria-rowcount", this.layout.lines.length);
    this.element.setAttribute("aria-colcount", columns);
    const focused = this.element.contains(document.activeElement);
    this.lines.clear();
    this.element.replaceChildren();
    this.draw();
    if (focused) this.tile(this.active)?.focus({ preventScroll: true });
  }

  // Update the visible tiles after a change of the threshold, the marks or the selection.
  refresh() {
    for (const tile of this.element.querySelectorAll(".tile")) this.fill(tile, this.photos[tile.dataset.place]);
  }

  draw() {
    const { lines } = this.layout;
    const above = -this.element.getBoundingClientRect().top;
    const wanted = new Set();
    if (lines.length) {
      const last = this.layout.lineAt(above + innerHeight + SPARE_PX);
      for (let line = this.layout.lineAt(above - SPARE_PX); line <= last; line += 1) wanted.add(line);
      // Keep the line with the focus, or keyboard navigation would lose its position.
      wanted.add(this.layout.lineOf(this.active));
    }
    for (const [line, element] of this.lines) {
      if (!wanted.has(line)) { element.remove(); this.lines.delete(line); }
    }
    for (const line of wanted) if (!this.lines.has(line)) this.addLine(line);
  }

  addLine(number) {
    const line = this.layout.lines[number];
    const row = line.section ? this.makeHeading(line.section) : make("div", "row");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", number + 1);
    row.style.top = `${line.top}px`;
    for (let i = 0; i < line.count; i += 1) row.append(this.makeTile(line.start + i, i + 1));
    this.lines.set(number, row);
    // In document order, for screen readers.
    const after = [...this.lines.keys()].filter((n) => n > number).sort((a, b) => a - b)[0];
    this.element.insertBefore(row, after === undefined ? null : this.lines.get(after));
  }

  makeHeading({ title, start, count }) {
    const row = make("div", "heading");
    const header = make("div", "section");
    header.setAttribute("role", "rowheader");
    header.setAttribute("aria-colspan", this.columns);
    const button = make("button", "", "Select");
    button.type = "button";
    button.setAttribute("aria-label", `Select the ${plural(count, "photo")} of ${title}`);
    button.addEventListener("click", () => this.selection.add(this.photos.slice(start, start + count)));
    header.append(make("b", "", title), make("span", "quiet", plural(count, "photo")), button);
    row.append(header);
    return row;
  }

  makeTile(place, column) {
    const photo = this.photos[place];
    const tile = make("div", "tile");
    tile.setAttribute("role", "gridcell");
    tile.setAttribute("aria-colindex", column);
    tile.tabIndex = place === this.active ? 0 : -1;
    tile.dataset.place = place;
    const shown = make("div", "picture");
    shown.append(picture(photo, { across: TILE.picture, down: TILE.picture, threshold: this.threshold() }));
    const verdict = make("div");
    verdict.append(make("span"), make("span"));
    const check = make("span", "check");
    check.setAttribute("aria-hidden", "true"); // the cell has aria-selected
    tile.append(shown, verdict, cutName(photo.name, photo.base), make("div"), check);
    this.fill(tile, photo);
    return tile;
  }

  fill(tile, photo) {
    const threshold = this.threshold();
    const group = groupOf(photo, threshold);
    const mark = this.marks.get(photo);
    const isSelected = this.selection.has(photo);
    const probability = photo.probability === null ? "" : decimals(photo.probability);
    const failure = photo.reason ? REASONS[photo.reason] ?? photo.reason : "";
    const note = mark ? markText(photo, mark) : labelNote(photo, threshold) || (isUnsure(photo, threshold) ? "unsure" : failure);
    const [, verdict, , last] = tile.children;
    const text = verdictText(photo, threshold);
    verdict.className = `verdict ${text === "sunglasses" ? text : group}`;
    verdict.children[0].textContent = text;
    verdict.children[1].textContent = probability;
    last.className = `note ${mark ? "wrong" : failure ? "why" : ""}`;
    last.textContent = note;
    tile.classList.toggle("marked", Boolean(mark));
    tile.classList.toggle("selected", isSelected);
    tile.setAttribute("aria-selected", isSelected);
    const faces = photo.faces.length ? plural(photo.faces.length, "face") : "";
    tile.setAttribute("aria-label", [photo.name, text, probability, faces, note].filter(Boolean).join(", "));
    colourFaces(tile, photo, threshold);
  }

  tile(place) {
    return this.element.querySelector(`.tile[data-place="${place}"]`);
  }

  activate(place) {
    const old = this.tile(this.active);
    if (old) old.tabIndex = -1;
    this.active = place;
    const tile = this.tile(place);
    if (tile) tile.tabIndex = 0;
  }

  // Focus a photo and scroll to it.
  go(place) {
    if (!this.photos.length) return;
    this.activate(Math.max(0, Math.min(place, this.photos.length - 1)));
    this.draw();
    const tile = this.tile(this.active);
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: "nearest" });
  }

  click(event) {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    const place = Number(tile.dataset.place);
    const from = this.active;
    this.go(place);
    if (event.shiftKey) this.selection.extend(this.photos, place, from);
    else if (event.ctrlKey || event.metaKey || event.target.classList.contains("check")) this.selection.toggle(this.photos, place);
    else this.open(place);
  }

  key(event) {
    if (!event.target.closest(".tile") || event.altKey) return;
    const hasCommand = event.ctrlKey || event.metaKey;
    if (hasCommand && event.key.toLowerCase() === "a") this.selection.add(this.photos);
    else if (hasCommand) return;
    else if (!this.move(event) && !this.press(event)) return;
    event.preventDefault();
  }

  // Move the focus, and with Shift the end of the selection.
  move({ key, shiftKey }) {
    const page = Math.max(1, Math.floor(innerHeight / (TILE.height + TILE.gap)));
    const vertical = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page };
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (!(key in vertical) && !(key in steps)) return false;
    const from = this.active;
    this.go(key in steps ? from + steps[key] : this.layout.vertical(from, vertical[key]));
    if (shiftKey) this.selection.extend(this.photos, this.active, from);
    return true;
  }

  press({ key }) {
    const photo = this.photos[this.active];
    if (key === "Enter") this.open(this.active);
    else if (key === " ") this.selection.toggle(this.photos, this.active);
    else if (key === "Escape" && this.selection.size) this.selection.clear();
    else return Boolean(photo) && this.otherKey(key, photo);
    return true;
  }
}
