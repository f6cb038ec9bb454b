// Printing: the grid has only the visible tiles, so all shown photos are laid out for the paper.

const MOST_PRINTED = 1000;

class Printer {
  constructor(grid, sheet, note) {
    Object.assign(this, { grid, sheet, note });
    addEventListener("beforeprint", () => { if (!sheet.childElementCount) this.fill(); });
    addEventListener("afterprint", () => sheet.replaceChildren());
  }

  fill() {
    const { photos, sections } = this.grid;
    let left = MOST_PRINTED;
    for (const { title, start, count } of sections) {
      if (title !== null && left > 0) this.sheet.append(make("h2", "", title));
      for (let place = start; place < start + count && left > 0; place += 1, left -= 1) {
        const tile = this.grid.makeTile(place, 1);
        tile.removeAttribute("tabindex");
        this.sheet.append(tile);
      }
    }
    this.note.textContent = photos.length > MOST_PRINTED
      ? `The first ${MOST_PRINTED.toLocaleString("en")} of ${plural(photos.length, "photo")}: choose fewer to print the others.` : "";
  }

  // Print when all pictures are there; `beforeprint` alone cannot wait for them.
  async print() {
    this.fill();
    await Promise.allSettled([...this.sheet.querySelectorAll("img")].map((image) => image.decode()));
    print();
  }
}
