// The lines of the grid: headings of sections and rows of tiles, and where each begins.

const HEADING = { height: 44 };

class Layout {
  // `sections` are { title, start, count }: runs of photos; without titles there are no headings.
  constructor(sections, columns, pitch) {
    this.lines = [];
    let top = 0;
    for (const section of sections) {
      if (section.title !== null) {
        this.lines.push({ top, section, start: section.start, count: 0 });
        top += HEADING.height;
      }
      for (let done = 0; done < section.count; done += columns) {
        this.lines.push({ top, section: null, start: section.start + done, count: Math.min(columns, section.count - done) });
        top += pitch;
      }
    }
    this.height = top;
  }

  // Return the last line whose `field` is at most `value`.
  last(field, value) {
    let [low, high] = [0, this.lines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.lines[middle][field] <= value) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  lineAt(top) {
    return this.last("top", top);
  }

  lineOf(place) {
    return this.last("start", place);
  }

  // Return the place above or below a place, in the same column if the row is long enough.
  vertical(place, by) {
    const from = this.lineOf(place);
    let to = from;
    for (let left = Math.abs(by), line = from + Math.sign(by); left && this.lines[line]; line += Math.sign(by)) {
      if (this.lines[line].count) { to = line; left -= 1; }
    }
    if (to === from) return place;
    const { start, count } = this.lines[to];
    return start + Math.min(place - this.lines[from].start, count - 1);
  }
}
