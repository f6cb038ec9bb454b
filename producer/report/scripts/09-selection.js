// The selected photos. They stay selected when a filter hides them, and the page says how many it hides.

class Selection {
  constructor(changed) {
    this.changed = changed;
    this.chosen = new Set();
    this.anchor = null;
    this.range = [];
  }

  get size() {
    return this.chosen.size;
  }

  has(photo) {
    return this.chosen.has(photo);
  }

  toggle(photos, place) {
    const photo = photos[place];
    if (!this.chosen.delete(photo)) this.chosen.add(photo);
    this.anchor = photo;
    this.range = [];
    this.changed();
  }

  // Select from the photo that was toggled last, or from the place `from`, to `place`.
  extend(photos, place, from) {
    let start = this.chosen.size ? photos.indexOf(this.anchor) : -1;
    if (start < 0) {
      start = from;
      this.anchor = photos[from];
      this.range = [];
    }
    for (const photo of this.range) this.chosen.delete(photo); // a range can shrink
    this.range = photos.slice(Math.min(start, place), Math.max(start, place) + 1);
    this.add(this.range);
  }

  add(photos) {
    for (const photo of photos) this.chosen.add(photo);
    this.changed();
  }

  clear() {
    this.chosen.clear();
    this.changed();
  }
}
