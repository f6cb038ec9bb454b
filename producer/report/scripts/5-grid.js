// The photos as a grid of which only the rows in sight exist, however many there are.

const TILE = { width: 168, narrow: 150, height: 226, gap: 10, picture: 158 };
const SPARE_ROWS = 2;

class Grid {
  // `tell` looks up the page's state; `open` and `mark` are called by keys and clicks.
  constructor(element, { threshold, marks, open, mark }) {
    Object.assign(this, { element, threshold, marks, open, mark });
    this.photos = [];
    this.active = 0;
    this.columns = 1;
    this.rows = new Map();
    let waiting = false;
    const later = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.draw(); });
    };
    addEventListener("scroll", later, { passive: true });
    new ResizeObserver(() => { if (this.layout()) this.refresh(); later(); }).observe(element);
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("click", (event) => {
      const tile = event.target.closest(".tile");
      if (tile) { this.go(Number(tile.dataset.place)); this.open(this.active); }
    });
    element.addEventListener("focusin", (event) => {
      const tile = event.target.closest(".tile");
      if (tile) this.activate(Number(tile.dataset.place));
    });
  }

  show(photos) {
    this.photos = photos;
    this.active = Math.min(this.active, Math.max(0, photos.length - 1));
    this.layout(true);
    this.draw();
  }

  // Whether the number of columns is another one now.
  layout(anew = false) {
    const width = innerWidth > 560 ? TILE.width : TILE.narrow; // two columns on a phone
    const columns = Math.max(1, Math.floor((this.element.clientWidth + TILE.gap) / (width + TILE.gap)));
    if (columns === this.columns && !anew) return false;
    this.columns = columns;
    this.element.style.setProperty("--columns", columns);
    const rows = Math.ceil(this.photos.length / columns);
    this.element.style.height = `${rows * (TILE.height + TILE.gap)}px`;
    this.element.setAttribute("aria-rowcount", rows);
    this.element.setAttribute("aria-colcount", columns);
    if (anew) this.clear();
    return true;
  }

  // Draw all tiles again, with the focus where it was.
  refresh() {
    const focused = this.element.contains(document.activeElement);
    this.clear();
    this.draw();
    if (focused) this.tile(this.active)?.focus({ preventScroll: true });
  }

  clear() {
    this.rows.clear();
    this.element.replaceChildren();
  }

  draw() {
    const pitch = TILE.height + TILE.gap;
    const above = -this.element.getBoundingClientRect().top;
    const count = Math.ceil(this.photos.length / this.columns);
    const first = Math.max(0, Math.floor(above / pitch) - SPARE_ROWS);
    const last = Math.min(count - 1, Math.floor((above + innerHeight) / pitch) + SPARE_ROWS);
    const wanted = new Set();
    for (let row = first; row <= last; row += 1) wanted.add(row);
    // The row with the focus stays, or the keyboard would lose its place.
    if (count) wanted.add(Math.floor(this.active / this.columns));
    for (const [row, element] of this.rows) {
      if (!wanted.has(row)) { element.remove(); this.rows.delete(row); }
    }
    for (const row of wanted) if (!this.rows.has(row)) this.addRow(row);
  }

  addRow(number) {
    const row = make("div", "row");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", number + 1);
    row.style.top = `${number * (TILE.height + TILE.gap)}px`;
    const start = number * this.columns;
    for (let place = start; place < Math.min(start + this.columns, this.photos.length); place += 1) {
      row.append(this.makeTile(place, place - start + 1));
    }
    this.rows.set(number, row);
    // In order, so that screen readers meet the rows as eyes do.
    const after = [...this.rows.keys()].filter((n) => n > number).sort((a, b) => a - b)[0];
    this.element.insertBefore(row, after === undefined ? null : this.rows.get(after));
  }

  makeTile(place, column) {
    const photo = this.photos[place];
    const threshold = this.threshold();
    const group = groupOf(photo, threshold);
    const mark = this.marks.get(photo.number);
    const tile = make("div", `tile${mark ? " marked" : ""}`);
    tile.setAttribute("role", "gridcell");
    tile.setAttribute("aria-colindex", column);
    tile.tabIndex = place === this.active ? 0 : -1;
    tile.dataset.place = place;
    const shown = make("div", "picture");
    shown.append(picture(photo, TILE.picture, TILE.picture, threshold, false));
    const verdict = make("div", `verdict ${group}`);
    const probability = photo.probability === null ? "" : decimals(photo.probability);
    verdict.append(make("span", "", VERDICTS[group]), make("span", "", probability));
    const failure = photo.reason ? REASONS[photo.reason] ?? photo.reason : "";
    const note = mark ? `marked: ${MARKS[mark]}` : isUnsure(photo, threshold) ? "unsure" : failure;
    const name = make("div", "name", photo.name);
    name.title = photo.name;
    tile.append(shown, verdict, name, make("div", `note ${mark ? "wrong" : failure ? "why" : ""}`, note));
    const faces = photo.faces.length ? plural(photo.faces.length, "face") : "";
    tile.setAttribute("aria-label", [photo.name, VERDICTS[group], probability, faces, note].filter(Boolean).join(", "));
    return tile;
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

  // Put the focus on a photo, and the photo into sight.
  go(place) {
    if (!this.photos.length) return;
    this.activate(Math.max(0, Math.min(place, this.photos.length - 1)));
    this.draw();
    const tile = this.tile(this.active);
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(innerHeight / (TILE.height + TILE.gap))) * this.columns;
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
      PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity,
    };
    const photo = this.photos[this.active];
    if (event.key in steps) {
      const to = this.active + steps[event.key];
      const vertical = event.key === "ArrowUp" || event.key === "ArrowDown";
      if (!(vertical && (to < 0 || to >= this.photos.length))) this.go(to);
    } else if (event.key === "Enter" || event.key === " ") {
      this.open(this.active);
    } else {
      const mark = photo && markFromKey(event.key, photo, this.threshold(), this.marks);
      if (mark === undefined) return;
      this.mark(photo, mark);
    }
    event.preventDefault();
  }
}
